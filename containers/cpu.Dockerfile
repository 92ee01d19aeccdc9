# deepcache-gen on CPUs. Build in the folder with the package: docker build -f containers/cpu.Dockerfile packages
FROM debian:12-slim
COPY deepcache-gen_*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/deepcache-gen_*.deb && rm -rf /tmp/*.deb /var/lib/apt/lists/*
RUN useradd --system --create-home --home-dir /var/lib/deepcache-gen deepcache-gen && mkdir /work /models && chown deepcache-gen /work
ENV DEEPCACHE_GEN_MODELS=/models
USER deepcache-gen
WORKDIR /work
ENTRYPOINT ["deepcache-gen"]
