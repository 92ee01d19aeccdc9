# What the CUDA plugin (src/backend/cuda) is built with: LibTorch's CUDA library as a target, and a CUDA compiler. Sets
# `deepcache_gen_builds_cuda`. Nothing else needs either, so that without them all is as if there were no plugin.

set(DEEPCACHE_GEN_CUDA AUTO CACHE STRING
  "Build the CUDA plugin: ON, OFF, or AUTO: where there are a CUDA 13 compiler and LibTorch's CUDA library")
set_property(CACHE DEEPCACHE_GEN_CUDA PROPERTY STRINGS AUTO ON OFF)

set(cuda_wheels ${site_packages}/nvidia/cu13)
# What is linked, and the headers that LibTorch's include.
set(cuda_files
  ${site_packages}/torch/lib/libtorch_cuda.so ${site_packages}/torch/lib/libc10_cuda.so
  ${cuda_wheels}/lib/libcudart.so.13 ${cuda_wheels}/include/cuda_runtime_api.h ${cuda_wheels}/include/cublas_v2.h
  ${cuda_wheels}/include/cublasLt.h ${cuda_wheels}/include/cusparse.h ${cuda_wheels}/include/cusolverDn.h)

# Sets `missing` to why the plugin can't be built, or to nothing.
function(deepcache_gen_look_for_cuda missing)
  set(${missing} "" PARENT_SCOPE)
  if(DEEPCACHE_GEN_SANITIZE)
    set(${missing} "this build is one under sanitizers" PARENT_SCOPE)
    return()
  endif()
  foreach(file ${cuda_files})
    if(NOT EXISTS ${file})
      set(${missing} "${file} is missing (scripts/setup/ensure cuda installs it)" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(NOT DEFINED CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(DEEPCACHE_GEN_NVCC nvcc HINTS ${cuda_wheels}/bin PATHS ENV CUDA_HOME /usr/local/cuda PATH_SUFFIXES bin)
    mark_as_advanced(DEEPCACHE_GEN_NVCC)
    if(NOT DEEPCACHE_GEN_NVCC)
      set(${missing} "no nvcc was found in PATH, CUDA_HOME, /usr/local/cuda or ${cuda_wheels}" PARENT_SCOPE)
      return()
    endif()
    set(ENV{CUDACXX} ${DEEPCACHE_GEN_NVCC})
  endif()
  # The wheels' compiler looks for libraries in lib64, where the wheels have none, and CMake tries it out by a program.
  set(ENV{LIBRARY_PATH} "${cuda_wheels}/lib:$ENV{LIBRARY_PATH}")
  include(CheckLanguage)
  check_language(CUDA)
  if(NOT CMAKE_CUDA_COMPILER)
    unset(CMAKE_CUDA_COMPILER CACHE)  # so that the next configuring tries again
    set(${missing} "$ENV{CUDACXX} does not compile; see CMakeFiles/CMakeError.log in the build folder" PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE version ERROR_QUIET)
  if(NOT version MATCHES "release ([0-9]+)\\." OR CMAKE_MATCH_1 LESS 13)
    set(${missing} "${CMAKE_CUDA_COMPILER} is older than CUDA 13, which LibTorch is built with" PARENT_SCOPE)
  endif()
endfunction()

set(deepcache_gen_builds_cuda FALSE)
if(DEEPCACHE_GEN_CUDA)
  deepcache_gen_look_for_cuda(why_not)
  if(NOT why_not)
    set(deepcache_gen_builds_cuda TRUE)
  elseif(DEEPCACHE_GEN_CUDA STREQUAL AUTO)
    message(STATUS "No CUDA plugin: ${why_not}")
  else()
    message(FATAL_ERROR "The CUDA plugin can't be built: ${why_not}")
  endif()
endif()
set(deepcache_gen_builds_cuda ${deepcache_gen_builds_cuda} PARENT_SCOPE)

if(deepcache_gen_builds_cuda)
  add_library(libtorch_cuda INTERFACE IMPORTED GLOBAL)
  target_include_directories(libtorch_cuda SYSTEM INTERFACE ${cuda_wheels}/include)
  target_link_libraries(libtorch_cuda INTERFACE libtorch
    ${site_packages}/torch/lib/libtorch_cuda.so ${site_packages}/torch/lib/libc10_cuda.so
    ${cuda_wheels}/lib/libcudart.so.13)
endif()
