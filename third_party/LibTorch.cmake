# LibTorch from the torch wheel of a Python environment, as a target of our own.
#
# The wheel's own package file demands a CUDA toolkit at configure time, which a user need not have. The program links
# only the CPU library; libtorch_cuda is opened at run time when a CUDA device is asked for (src/backend/cuda_library.cc).

set(DEEPCACHE_GEN_SITE_PACKAGES "" CACHE PATH
  "site-packages folder that holds torch; empty: the environment .venv of this repository")
set(site_packages ${DEEPCACHE_GEN_SITE_PACKAGES})
if(NOT site_packages)
  file(GLOB site_packages ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages)
endif()
if(NOT EXISTS "${site_packages}/torch/lib/libtorch_cpu.so")
  message(FATAL_ERROR "LibTorch was not found under '${site_packages}'. Run scripts/deepcache-gen --version once, which "
    "installs it into .venv, or give -DDEEPCACHE_GEN_SITE_PACKAGES=DIR, the folder that holds 'torch'.")
endif()

set(torch_required_version 2.11.0)
file(STRINGS ${site_packages}/torch/version.py torch_version REGEX "^__version__")
if(NOT torch_version MATCHES "'${torch_required_version}[+']")
  message(FATAL_ERROR "torch ${torch_required_version} is needed, but ${site_packages} has ${torch_version}")
endif()

add_library(libtorch INTERFACE IMPORTED GLOBAL)
target_include_directories(libtorch SYSTEM INTERFACE
  ${site_packages}/torch/include ${site_packages}/torch/include/torch/csrc/api/include)
target_link_libraries(libtorch INTERFACE
  ${site_packages}/torch/lib/libtorch_cpu.so ${site_packages}/torch/lib/libc10.so ${site_packages}/torch/lib/libgomp.so.1)
# at::parallel_for is a template; without OpenMP it runs in one thread. The run time must be LibTorch's, or there would be
# two sets of threads.
target_compile_options(libtorch INTERFACE -fopenmp)
target_link_options(libtorch INTERFACE
  # libtorch_cpu names the CUDA run time among its needs; the loader finds it through libtorch_cpu's own RPATH.
  LINKER:--allow-shlib-undefined LINKER:-rpath-link,${site_packages}/nvidia/cu13/lib)

# install.cmake takes the licences from there.
set(libtorch_site_packages ${site_packages} PARENT_SCOPE)
# Part of what a CUDA plugin must be built for.
set(torch_required_version ${torch_required_version} PARENT_SCOPE)
