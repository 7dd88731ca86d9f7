# The function as a plain container: any platform that runs containers will do. The function on
# Google Cloud does not use it.
ARG BASE=python:3.14-slim

FROM $BASE AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv --without-pip /venv \
  && pip --python=/venv/bin/python install --no-cache-dir --no-compile -r requirements.txt
# Leave out what never runs: tests, other chips' compilers, a driver for GPUs.
RUN cd /venv/lib/python3.14/site-packages \
  && rm -r ai_edge_litert/tools ai_edge_litert/vendors ai_edge_litert/libLiteRtWebGpuAccelerator.so \
  && find . -type d -name tests -prune -exec rm -r {} +
COPY . .
# Under umask 077, git makes a clone that root alone can read.
RUN chmod -R a+rX .

FROM $BASE
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# Write the bytecode of what a start imports: a read-only container cannot keep it, and the base
# image has none of the standard library.
RUN /venv/bin/python -c "import main, service.server, pi_heif, PIL.Image; PIL.Image.init()"

# deploy.sh explains these settings. Here nothing limits the requests that come at once, so
# there are threads for all that may wait (MAX_WAITING) and to spare for health checks.
ENV PRELOAD=true THREADS=80 PORT=8080 PYTHONUNBUFFERED=1
ENV PATH=/venv/bin:$PATH
USER 65534:65534
CMD ["python", "serve.py"]
