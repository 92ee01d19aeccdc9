# Where CMAKE_UNITY_BUILD is on, the files of a folder are compiled as one; names in its unnamed namespaces differ
# therefore. Not across folders, and not by number of files: a new file must not break others far away.
function(deepcache_gen_unite_by_folder target)
  get_target_property(sources ${target} SOURCES)
  if(NOT sources)
    return()  # a custom target
  endif()
  list(FILTER sources EXCLUDE REGEX "^(/|\\$<)")  # generated, or another target's objects
  foreach(source ${sources})
    cmake_path(GET source PARENT_PATH folder)
    string(REPLACE "/" "_" group "${folder}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
