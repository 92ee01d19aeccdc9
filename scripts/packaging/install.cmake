# `cmake --install build --prefix DIR`: a tree that can be moved, and copied to machines without Python or LibTorch.
# The target system still needs glibc and libstdc++ at least as new as the build's.
# Everything but the component `system_libraries` is also what a Debian package holds (debian.cmake).

# $ORIGIN is unknown to the loader where there is no /proc; then a Debian package's place is looked at.
set_target_properties(deepcache-gen-program PROPERTIES
  INSTALL_RPATH "$ORIGIN/../lib/deepcache-gen:/usr/lib/deepcache-gen")
# RPATH, not RUNPATH, so that it also holds for the libraries that our libraries need.
target_link_options(deepcache-gen-program PRIVATE LINKER:--disable-new-dtags)

install(TARGETS deepcache-gen-program
  RUNTIME_DEPENDENCY_SET libraries
  RUNTIME DESTINATION bin COMPONENT program)
if(TARGET deepcache_gen_cuda)
  # What it links is open when it is: LibTorch's CUDA library, which is not installed.
  set_target_properties(deepcache_gen_cuda PROPERTIES INSTALL_RPATH "")
  install(TARGETS deepcache_gen_cuda LIBRARY DESTINATION lib/deepcache-gen COMPONENT program)
endif()
set(of_every_system "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv|util|stdc\\+\\+|gcc_s)\\.so")
set(of_libtorch "/(torch|nvidia/cu[0-9]+)/lib/")
install(RUNTIME_DEPENDENCY_SET libraries
  PRE_EXCLUDE_REGEXES ${of_every_system}
  POST_INCLUDE_REGEXES ${of_libtorch} POST_EXCLUDE_REGEXES "."
  LIBRARY DESTINATION lib/deepcache-gen COMPONENT program)
install(RUNTIME_DEPENDENCY_SET libraries
  PRE_EXCLUDE_REGEXES ${of_every_system}
  POST_EXCLUDE_REGEXES ${of_libtorch} "/libcuda\\.so"
  LIBRARY DESTINATION lib/deepcache-gen COMPONENT system_libraries)

# A fifth of the wheel's library is its symbol table, which CMake strips from our program only.
install(CODE "if(CMAKE_INSTALL_DO_STRIP)
  set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/deepcache-gen\")
  execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-unneeded \${folder}/libtorch_cpu.so \${folder}/libc10.so
    COMMAND_ERROR_IS_FATAL ANY)
endif()" COMPONENT program)

# Its pictures are among the documents.
install(DIRECTORY models/scenes models/scenes-edges DESTINATION share/deepcache-gen/models COMPONENT program
  PATTERN *.png EXCLUDE PATTERN *.md EXCLUDE)
include(${CMAKE_CURRENT_LIST_DIR}/exporter.cmake)

# The manual page and the completions are what the program prints.
install(CODE "set(page_printer \"$<TARGET_FILE:deepcache-gen-program>\")
set(page_folder \"${CMAKE_CURRENT_BINARY_DIR}/pages\")" COMPONENT program)
install(SCRIPT scripts/packaging/pages.cmake COMPONENT program)

set(documents share/doc/deepcache-gen)
# With all that it links to, and what the manual page names.
find_program(DEEPCACHE_GEN_PYTHON python3 REQUIRED)
mark_as_advanced(DEEPCACHE_GEN_PYTHON)
install(CODE "execute_process(COMMAND \"${DEEPCACHE_GEN_PYTHON}\" -B
  \"${PROJECT_SOURCE_DIR}/scripts/packaging/linked_documents.py\" \"${PROJECT_SOURCE_DIR}\"
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${documents}\" README.md docs/installing.md third_party/README.md
  COMMAND_ERROR_IS_FATAL ANY)" COMPONENT program)
file(GLOB project_licence LICENSE*)
install(FILES ${project_licence} DESTINATION ${documents} COMPONENT program)
foreach(package torch nvidia_cuda_runtime nvidia_cuda_cupti)
  file(GLOB folder ${libtorch_site_packages}/${package}-*.dist-info/licenses)
  install(DIRECTORY ${folder}/ DESTINATION ${documents}/${package} COMPONENT program)
endforeach()
# The font in the program and the libraries that come from the system; other systems than Debian keep their licences
# elsewhere.
foreach(package fonts-dejavu-core libsentencepiece0 libutf8proc2 libutf8proc3 libssl3 libssl3t64 zlib1g
    libpng16-16 libpng16-16t64 libjpeg62-turbo libjpeg-turbo8 libwebp7 libwebpmux3 libsharpyuv0)
  if(EXISTS /usr/share/doc/${package}/copyright)
    install(FILES /usr/share/doc/${package}/copyright DESTINATION ${documents}/${package} COMPONENT system_libraries)
  endif()
endforeach()
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
