# The program on a slim base, as a user without rights:
#   docker build -t auditor . && docker run --rm --network none -v "$PWD:/work:ro" auditor check firmware.bin
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY auditor auditor
COPY rules rules
COPY fixtures/demo fixtures/demo
RUN python -m venv /opt/auditor && /opt/auditor/bin/pip install --no-cache-dir '.[xlsx]'

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin auditor
COPY --from=build /opt/auditor /opt/auditor
ENV PATH=/opt/auditor/bin:$PATH PYTHONDONTWRITEBYTECODE=1 AUDITOR_CACHE_DIR=none
USER 10001
WORKDIR /work
ENTRYPOINT ["auditor"]
CMD ["--help"]
