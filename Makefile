# make build | pretrain | sample: the trainer in a container. TARGET=cpu needs no graphics card.
IMAGE ?= diffusion-ssl
TARGET ?= cuda
CONFIG ?= configs/ssl_train.yaml
RUN ?= work_dir/exp_pretrain_100k
ARGS ?=

gpus = $(if $(filter cuda,$(TARGET)),--gpus all)
mounts = -v ./data:/app/data -v ./work_dir:/app/work_dir
own_configs = $(if $(wildcard configs/.),-v ./configs:/app/configs)
run = docker run --rm --init $(gpus) --shm-size=8g $(mounts) $(own_configs) $(IMAGE)

.PHONY: build pretrain sample
build:
	docker build --target $(TARGET) --tag $(IMAGE) .

# Made by the caller: docker would make it root's.
work_dir data:
	mkdir -p $@

pretrain: | work_dir data
	$(run) --config $(CONFIG) $(ARGS)

sample: | work_dir data
	$(run) sample $(RUN) $(ARGS)
