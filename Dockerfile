# The function as a plain container: any platform that runs containers will do. The function on
# Google Cloud does not use it.
FROM python:3.14-slim

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --requirement requirements.txt
COPY . .

# deploy.sh explains these settings. Here nothing limits the requests that come at once, so
# there are threads for all that may wait (MAX_WAITING) and to spare for health checks.
ENV PRELOAD=true THREADS=80 PORT=8080 PYTHONUNBUFFERED=1
USER 65534:65534
CMD ["functions-framework", "--target=classify"]
