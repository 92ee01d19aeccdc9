# `cpack --preset deb`, or `cpack -G DEB` in the build folder: deepcache-gen_VERSION_ARCHITECTURE.deb.
#
# Debian has no LibTorch this new, so the package carries the wheel's libraries for the CPU in /usr/lib/deepcache-gen, found
# by the program's RPATH. Everything else is a dependency, with the versions that dpkg-shlibdeps finds: the package fits the
# release that it was built on.

set(DEEPCACHE_GEN_MAINTAINER "deepcache-gen developers <deepcache-gen@example.org>" CACHE STRING
  "Who answers for the Debian package: NAME <ADDRESS>")

if(project_licence)
  list(GET project_licence 0 file)
  file(READ ${file} licence)
else()
  set(licence "The authors have not chosen a licence yet. Ask them before passing it on.")
endif()
# In a copyright file every line is indented, and an empty one is a full stop.
string(STRIP "${licence}" licence)
string(REGEX REPLACE "\n[ \t]*" "\n " licence "${licence}")
string(REPLACE "\n \n" "\n .\n" licence "${licence}")
string(REPLACE "\n \n" "\n .\n" licence "${licence}")  # every second of several
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(page copyright changelog)
  configure_file(scripts/packaging/${page}.in packaging/${page} @ONLY)
endforeach()
set(pages ${CMAKE_CURRENT_BINARY_DIR}/packaging)
execute_process(COMMAND gzip -9 --no-name --force ${pages}/changelog COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${pages}/copyright ${pages}/changelog.gz DESTINATION ${documents} COMPONENT program)
install(FILES scripts/packaging/lintian-overrides DESTINATION share/lintian/overrides RENAME deepcache-gen COMPONENT program)

set(CPACK_GENERATOR DEB)
set(CPACK_THREADS 0)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_CONTACT ${DEEPCACHE_GEN_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "pictures from text with Stable Diffusion and DeepCache")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A command that makes pictures from text with Stable Diffusion 1.5, 2.1
and SDXL, several times faster than the same model run plainly: on most
denoising steps it runs only the outermost rungs of the UNet and reuses
the deep features of an earlier step.

A small model of landscapes comes with it, and the exporter that makes
others of checkpoints. The package carries LibTorch's libraries for the
CPU. CUDA devices are used where a Python environment has those of the
same release for CUDA, of which docs/installing.md beside its README tells.")
# NVIDIA's libcudart and libcupti, which LibTorch's CPU library is linked against, may be passed on but are not free.
set(CPACK_DEBIAN_PACKAGE_SECTION non-free/graphics)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Where our CUDA plugin finds what it links; it is opened where these are, and no package has them.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS
  ${libtorch_site_packages}/torch/lib ${libtorch_site_packages}/nvidia/cu13/lib)
# The exporter makes an environment of its own.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3, python3-venv")
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "https://arxiv.org/abs/2312.00858")
# Debian's archive and its lintian take no zstd. xz makes it a third smaller and takes minutes instead of seconds.
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR}" deepcache-gen program /)
# The archive: every name below one folder, and the libraries of the system that it was built on.
set(CPACK_BUILT_IN ${CMAKE_BINARY_DIR})
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/archive.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/same_times.cmake)
set(CPACK_ARCHIVE_THREADS 0)
include(CPack)
