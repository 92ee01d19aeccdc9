# `cmake --install build --prefix DIR`: a tree that can be moved, and copied to machines without Python or LibTorch.
# The target system still needs glibc and libstdc++ at least as new as the build's.

set_target_properties(deepcache-gen-program PROPERTIES INSTALL_RPATH $ORIGIN/../lib/deepcache-gen)
# RPATH, not RUNPATH, so that it also holds for the libraries that our libraries need.
target_link_options(deepcache-gen-program PRIVATE LINKER:--disable-new-dtags)

install(TARGETS deepcache-gen-program
  RUNTIME_DEPENDENCIES
    PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv|util|stdc\\+\\+|gcc_s)\\.so"
    POST_EXCLUDE_REGEXES "/libcuda\\.so"
  RUNTIME DESTINATION bin
  LIBRARY DESTINATION lib/deepcache-gen)

install(DIRECTORY models/scenes DESTINATION share/deepcache-gen/models)

set(licences share/doc/deepcache-gen)
install(FILES third_party/README.md DESTINATION ${licences})
file(GLOB project_licence LICENSE*)
install(FILES ${project_licence} DESTINATION ${licences})
foreach(package torch nvidia_cuda_runtime nvidia_cuda_cupti)
  file(GLOB folder ${libtorch_site_packages}/${package}-*.dist-info/licenses)
  install(DIRECTORY ${folder}/ DESTINATION ${licences}/${package})
endforeach()
# The font in the program and the libraries that come from the system; other systems than Debian keep their licences
# elsewhere.
foreach(package fonts-dejavu-core libsentencepiece0 libutf8proc2 libutf8proc3 libssl3 libssl3t64 zlib1g)
  if(EXISTS /usr/share/doc/${package}/copyright)
    install(FILES /usr/share/doc/${package}/copyright DESTINATION ${licences}/${package})
  endif()
endforeach()
