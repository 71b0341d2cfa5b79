# Images of the services: `docker build --target processor --tag tickloom/processor .`
# Targets: collector, processor, api, simulator, operator, migrate. Each holds the hash-locked packages of its service alone, runs as
# user 10001, and needs nothing writable but /tmp (an emptyDir under a read-only root filesystem).
# The api image takes the web page from frontend/dist: run scripts/build-page first.
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/tickloom/bin:$PATH
RUN python3 -m venv /opt/tickloom
WORKDIR /source

FROM base AS source
COPY pyproject.toml README.md LICENSE ./
COPY services services
COPY sql sql
COPY manifests manifests

# One build stage per service: its locked packages first, so that a change of our own code installs no other anew.
FROM base AS build-collector
COPY requirements/collector.txt locked.txt
RUN pip install --require-hashes -r locked.txt
COPY --from=source /source /source
RUN pip install --no-deps --no-build-isolation .
FROM base AS build-api
COPY requirements/api.txt locked.txt
RUN pip install --require-hashes -r locked.txt
COPY --from=source /source /source
RUN pip install --no-deps --no-build-isolation .
FROM base AS build-simulator
COPY requirements/simulator.txt locked.txt
RUN pip install --require-hashes -r locked.txt
COPY --from=source /source /source
RUN pip install --no-deps --no-build-isolation .
FROM base AS build-operator
COPY requirements/operator.txt locked.txt
RUN pip install --require-hashes -r locked.txt
COPY --from=source /source /source
COPY operator operator
RUN pip install --no-deps --no-build-isolation .
FROM base AS build-migrate
COPY requirements/migrate.txt locked.txt
RUN pip install --require-hashes -r locked.txt
COPY --from=source /source /source
RUN pip install --no-deps --no-build-isolation .

FROM base AS build-processor
COPY requirements/processor.txt locked.txt
RUN pip install --require-hashes -r locked.txt
COPY --from=source /source /source
RUN pip install --no-deps --no-build-isolation . \
    && cd / && NUMBA_CACHE_DIR=/opt/tickloom/kernels python -c 'from tickloom.processor.warmup import warm_up; warm_up()'

FROM base AS service
WORKDIR /
ENV TICKLOOM_HOST=0.0.0.0 TICKLOOM_PROBE_HOST=0.0.0.0
USER 10001:10001

FROM service AS collector
COPY --from=build-collector /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom", "collector"]

FROM service AS processor
COPY --from=build-processor /opt/tickloom /opt/tickloom
# numba refuses a cache that it cannot write to, so the kernels go to /tmp first.
ENV NUMBA_CACHE_DIR=/tmp/kernels
ENTRYPOINT ["/bin/sh", "-c", "mkdir -p \"$NUMBA_CACHE_DIR\" && cp -r /opt/tickloom/kernels/. \"$NUMBA_CACHE_DIR\" && exec \"$@\"", "kernels"]
CMD ["tickloom", "processor"]

FROM service AS api
COPY --from=build-api /opt/tickloom /opt/tickloom
COPY frontend/dist /opt/tickloom/web
ENV TICKLOOM_WEB_ROOT=/opt/tickloom/web
ENTRYPOINT ["tickloom", "api"]

FROM service AS simulator
COPY --from=build-simulator /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom", "simulator", "--host", "0.0.0.0"]

FROM service AS operator
COPY --from=build-operator /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom-operator"]

FROM service AS migrate
COPY --from=build-migrate /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom", "migrate"]
