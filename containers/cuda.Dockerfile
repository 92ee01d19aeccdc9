# deepcache-gen on NVIDIA GPUs, with the container toolkit on the host: docker build -f containers/cuda.Dockerfile packages
FROM debian:12-slim
COPY deepcache-gen_*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/deepcache-gen_*.deb python3-venv && rm -rf /tmp/*.deb /var/lib/apt/lists/*
# LibTorch's CUDA libraries, 3 GB, of the release that the program is built with.
RUN XDG_DATA_HOME=/opt /usr/share/deepcache-gen/scripts/setup/ensure cuda
RUN useradd --system --create-home --home-dir /var/lib/deepcache-gen deepcache-gen && mkdir /work /models && chown deepcache-gen /work
ENV DEEPCACHE_GEN_MODELS=/models DEEPCACHE_GEN_LIBTORCH=/opt/deepcache-gen/venv
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER deepcache-gen
WORKDIR /work
ENTRYPOINT ["deepcache-gen"]
