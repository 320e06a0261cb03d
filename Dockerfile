# The program with everything that it needs: Node 24, TensorFlow 2.21, its addon, DVC and wandb.
#   docker build -t aerial:cpu .                               any machine
#   docker build -t aerial:gpu --build-arg TF_RUNTIME=gpu .    NVIDIA GPUs (CUDA 12; the driver comes from the host)
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

# TypeScript to JavaScript: needs the development packages, which stay behind.
FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY .npmrc package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
WORKDIR /opt/aerial
COPY bin bin
COPY LICENSE package.json ./
RUN mv /build/dist dist

# The project's own set-up: production packages, TensorFlow's library, the addon, the Python tools.
FROM ${NODE_IMAGE} AS tools
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ make python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/aerial
COPY .npmrc package.json package-lock.json requirements.lock Makefile ./
COPY scripts/setup scripts/setup
COPY native native
ARG TF_RUNTIME=cpu
# What is only of use to who develops or debugs the packages goes: source maps, type declarations, symbol tables. native/ stays:
# checkpoints name the code by its sources.
RUN npm_config_omit=dev TF_RUNTIME="${TF_RUNTIME}" make setup \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete \
 && find .tools -name '__pycache__' -type d -prune -exec rm -rf {} + \
 && strip --strip-unneeded .tools/tensorflow/*/tensorflow/*.so.2 \
 && rm -rf .tools/tensorflow/*/tensorflow/include .tools/logs .tools/setup.lock scripts Makefile requirements.lock

FROM ${NODE_IMAGE}
# git: DVC works on the repository. ca-certificates: wandb. The rest of the tools' needs is in the Node image.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git python3 \
 && rm -rf /var/lib/apt/lists/*

# The image's own user "node" becomes "aerial". Any other user may run it too (docker run --user), so home and workspace
# are open to all, as /tmp is. Mounted folders keep the rights that they have on the host.
ARG UID=1000
ARG GID=1000
RUN groupmod --non-unique --gid "${GID}" --new-name aerial node \
 && usermod --non-unique --uid "${UID}" --gid "${GID}" --login aerial --home /home/aerial --move-home node \
 && install -d -m 1777 -o "${UID}" -g "${GID}" /workspace /workspace/data /workspace/runs \
 && chmod 1777 /home/aerial \
 && git config --system --add safe.directory /workspace \
 && ln -s /opt/aerial/bin/aerial.js /usr/local/bin/aerial

# The part that seldom changes first: 1 GB that a change of the sources leaves as it is.
COPY --from=tools /opt/aerial /opt/aerial
COPY --from=build /opt/aerial /opt/aerial
COPY params.yaml params.schema.json /workspace/

# USER: Python's getpass, which wandb and DVC call, fails for a user without an entry in /etc/passwd unless it is set.
# HF_HOME: in the folder that is mounted for data, so that downloads outlive the container.
ENV HOME=/home/aerial \
    USER=aerial \
    HF_HOME=/workspace/data/huggingface \
    PATH=/opt/aerial/.tools/python/bin:$PATH \
    NODE_ENV=production \
    DVC_NO_ANALYTICS=1
# By number, so that Kubernetes' runAsNonRoot can see that it is not root.
USER ${UID}:${GID}
WORKDIR /workspace
# No HEALTHCHECK: nothing is served; the container waits for `docker exec`, and each command says itself how it ended.
CMD ["aerial", "--help"]
