# Images of the services: `docker build --target processor --tag tickloom/processor .`
# Targets: collector, processor, api, operator, simulator, migrate. Each holds the hash-locked packages of its service alone, runs as
# user 10001, and needs nothing writable but /tmp (an emptyDir under a read-only root filesystem).
# The api image takes the web page from frontend/dist: run scripts/build-page first.
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/tickloom/bin:/opt/packages/bin:$PATH PYTHONPATH=/opt/tickloom
RUN python3 -m venv /opt/packages

# The locked packages of each service. Our own package comes on top of them, the same for all, so that a change of our code
# installs no other anew.
FROM base AS packages-collector
COPY requirements/collector.txt /locked.txt
RUN pip install --require-hashes -r /locked.txt
FROM base AS packages-processor
COPY requirements/processor.txt /locked.txt
RUN pip install --require-hashes -r /locked.txt
FROM base AS packages-api
COPY requirements/api.txt /locked.txt
RUN pip install --require-hashes -r /locked.txt
FROM base AS packages-simulator
COPY requirements/simulator.txt /locked.txt
RUN pip install --require-hashes -r /locked.txt
FROM base AS packages-operator
COPY requirements/operator.txt /locked.txt
RUN pip install --require-hashes -r /locked.txt
FROM base AS packages-migrate
COPY requirements/migrate.txt /locked.txt
RUN pip install --require-hashes -r /locked.txt

FROM packages-migrate AS own
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY services services
COPY operator operator
COPY sql sql
COPY manifests manifests
RUN pip install --no-deps --no-build-isolation --target=/opt/tickloom .

FROM packages-processor AS kernels
COPY --from=own /opt/tickloom /opt/tickloom
RUN NUMBA_CACHE_DIR=/opt/kernels python -c 'from tickloom.processor.warmup import warm_up; warm_up()'

FROM base AS service
# The user has no name in /etc/passwd, and the operator and the audit log of `tickloom users` ask for one.
ENV TICKLOOM_HOST=0.0.0.0 TICKLOOM_PROBE_HOST=0.0.0.0 USER=tickloom
USER 10001:10001

FROM service AS collector
COPY --from=packages-collector /opt/packages /opt/packages
COPY --from=own /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom", "collector"]

FROM service AS processor
COPY --from=packages-processor /opt/packages /opt/packages
COPY --from=own /opt/tickloom /opt/tickloom
COPY --from=kernels /opt/kernels /opt/kernels
# numba refuses a cache that it cannot write to, so the kernels go to /tmp first.
ENV NUMBA_CACHE_DIR=/tmp/kernels
ENTRYPOINT ["/bin/sh", "-c", "mkdir -p \"$NUMBA_CACHE_DIR\" && cp -r /opt/kernels/. \"$NUMBA_CACHE_DIR\" && exec \"$@\"", "kernels"]
CMD ["tickloom", "processor"]

FROM service AS api
COPY --from=packages-api /opt/packages /opt/packages
COPY --from=own /opt/tickloom /opt/tickloom
COPY frontend/dist /opt/web
ENV TICKLOOM_WEB_ROOT=/opt/web
ENTRYPOINT ["tickloom", "api"]

FROM service AS operator
COPY --from=packages-operator /opt/packages /opt/packages
COPY --from=own /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom-operator"]

FROM service AS simulator
COPY --from=packages-simulator /opt/packages /opt/packages
COPY --from=own /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom", "simulator", "--host", "0.0.0.0"]

FROM service AS migrate
COPY --from=packages-migrate /opt/packages /opt/packages
COPY --from=own /opt/tickloom /opt/tickloom
ENTRYPOINT ["tickloom", "migrate"]
