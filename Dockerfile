# The function as a plain container: any platform that runs containers will do. The function on
# Google Cloud does not use it.
FROM python:3.14-slim

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --requirement requirements.txt
COPY . .

# The settings that deploy.sh makes, and why, are explained there.
ENV PRELOAD=true THREADS=8 MALLOC_ARENA_MAX=1 PORT=8080 PYTHONUNBUFFERED=1
USER 65534:65534
CMD ["functions-framework", "--target=classify"]
