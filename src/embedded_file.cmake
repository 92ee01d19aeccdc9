# deepcache_gen_embed(TARGET FUNCTION HEADER FILE): puts the bytes of FILE into TARGET, where FUNCTION, which HEADER declares,
# returns them. So the program needs no data files and can be moved.
function(deepcache_gen_embed target function header file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${function}.cc)
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/support/embedded_file.cc.in ${source} @ONLY)
  # The assembler reads the file, of which the compiler's list of dependencies knows nothing.
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${source})
endfunction()
