# Two stages: the first builds a wheel and installs it with the locked dependencies, the second only runs it.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/build && python -m venv /opt/socialfeed
WORKDIR /src
# The locks come first, so that a change of the code alone installs nothing again.
COPY requirements.txt requirements-build.txt ./
RUN /opt/socialfeed/bin/pip install --require-hashes -r requirements.txt \
    && /opt/build/bin/pip install --require-hashes -r requirements-build.txt
COPY pyproject.toml schema.graphql README.md LICENSE CHANGELOG.md ./
COPY src ./src
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/socialfeed/bin/pip install --no-deps /dist/*.whl

FROM python:${PYTHON}-slim
RUN useradd --system --uid 10001 --no-create-home socialfeed \
    && install --directory --owner=socialfeed --mode=0750 /var/lib/socialfeed
COPY --from=build /opt/socialfeed /opt/socialfeed
ENV PATH=/opt/socialfeed/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SOCIALFEED_DATA_DIR=/var/lib/socialfeed
USER 10001
VOLUME /var/lib/socialfeed
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
ENTRYPOINT ["socialfeed"]
CMD ["serve", "--host", "0.0.0.0"]
