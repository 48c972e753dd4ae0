#!/bin/sh
# vLLM over several nodes without Ray, as the server that Shadow Gate asks. More: docs/how-to/engines.md of Shadow Gate.
#
#   HEAD=node-0 RANK=0 sh nodes.sh      on the first node, which answers at http://node-0:8000/v1
#   HEAD=node-0 RANK=1 sh nodes.sh      on each other one, with its own RANK
#
# Then, on a machine that reaches it: shadow-gate check --endpoint http://node-0:8000/v1 --model candidate --tokenizer DIR …
# Where a node is lost, the server gives up after five minutes, and the gate ends without a verdict (exit code 2).
set -eu

# vLLM, at the same version on all nodes.
: "${VLLM:=vllm}"
# The same path on each node, or a name on the hub.
: "${MODEL:=/models/candidate}" "${NAME:=candidate}"
# Nodes, and GPUs per node: each layer is split over the GPUs of a node, and the layers over the nodes.
: "${NODES:=2}" "${GPUS:=8}"
: "${HEAD:?the address of the first node, as the others reach it}" "${RANK:?the number of this node, from 0 on}"
# More options of vLLM.
: "${OPTIONS:=}"

# With VLLM_API_KEY, and the same in OPENAI_API_KEY for the gate, this port asks for a key; the ports between the nodes never do: use a
# network of your own.
role="--headless"
[ "$RANK" -ne 0 ] || role="--host 0.0.0.0 --port 8000"
# shellcheck disable=SC2086 # a command, and options
exec $VLLM serve "$MODEL" --served-model-name "$NAME" --tensor-parallel-size "$GPUS" --pipeline-parallel-size "$NODES" \
  --nnodes "$NODES" --node-rank "$RANK" --master-addr "$HEAD" $role $OPTIONS
