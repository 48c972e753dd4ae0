"""A GGUF file with its weights expanded to float32, after rounding to bfloat16: the weights of the folder that install.py makes.

python scripts/servers/expand_gguf.py IN.gguf OUT.gguf      needs gguf and torch
"""

import sys

import gguf
import torch
from gguf.quants import dequantize


def main(source: str, target: str) -> None:
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, reader.get_field('general.architecture').contents())
    for name, field in reader.fields.items():
        if name.startswith('GGUF.') or name in ('general.architecture', 'general.file_type'):
            continue
        kind = field.types[0]
        writer.add_key_value(name, field.contents(), kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        values = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())
        writer.add_tensor(tensor.name, values.to(torch.bfloat16).to(torch.float32).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == '__main__':
    main(*sys.argv[1:])
