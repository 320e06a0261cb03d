# Every target does the whole set-up itself; a second time it takes a second.
.PHONY: help setup test smoke env
.DEFAULT_GOAL := help

with_tools = environment=$$(sh scripts/setup/setup.sh --print-env) && eval "$$environment" &&

help:
	@echo 'make setup   set everything up: Node, npm packages, TensorFlow, Python tools'
	@echo 'make test    set-up, then the tests (options for vitest: make test TEST_OPTIONS=...)'
	@echo 'make smoke   set-up, then data-prep, train and inference on params.yaml as it stands'
	@echo 'make env     lines for the shell: eval "$$(make -s env)" puts node, aerial, dvc and wandb on PATH'
	@echo ''
	@echo 'TF_RUNTIME=cpu or TF_RUNTIME=gpu chooses TensorFlow'"'"'s library; without it: gpu where an NVIDIA driver is found.'

setup:
	@sh scripts/setup/setup.sh

test:
	@$(with_tools) npm test -- $(TEST_OPTIONS)

smoke:
	@$(with_tools) node scripts/smoke.ts

env:
	@sh scripts/setup/setup.sh --print-env
