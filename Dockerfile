# Two images: `cpu`, and `cuda`, which adds TensorFlow's CUDA build with NVIDIA's libraries (3 GB of download); of the
# machine it needs the driver and NVIDIA's container toolkit alone. The Makefile builds and runs them.
FROM node:22-bookworm-slim AS cpu
RUN apt-get update \
  && apt-get install --yes --no-install-recommends g++ make python3-pip \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
RUN npm ci && npm run setup:tfjs-node && npm run build:js \
  && mkdir -p configs data work_dir && cp examples/ssl_train.yaml configs/
ENV DIFFUSION_SSL_BACKEND=node
ENTRYPOINT ["docker/entrypoint.sh"]

FROM cpu AS cuda
RUN npm run setup:tfjs-node -- --gpu
