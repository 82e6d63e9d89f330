"""Models of transformers by their name or folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idiolect.errors import MissingExtraError, SettingError
from idiolect.lm.local.model import Local


def local(
    path: str,
    *,
    dtype: str | None = None,
    device: str | None = None,
    device_map: Any = None,
    adapters: Mapping[str, str] | None = None,
    **settings: Any,
) -> Local:
    """A model of transformers by its name or folder.

    Args:
        path: Such as ``Qwen/Qwen2.5-0.5B-Instruct``, which the library downloads if it is not
            there, or a folder.
        dtype: Such as ``bfloat16``; default: as the model was saved on CUDA, float32 on a CPU.
        device: Such as ``cpu`` or ``cuda:1``; default: CUDA where there is any.
        device_map: Over which devices it is spread, such as ``auto``; instead of `device`.
        adapters: Name → folder of adapters (peft), for the condition `NamedAdapter`.
        settings: As for `Local`.

    Raises:
        MissingExtraError: The extra `train` is not installed.
        SettingError: There is no such model, or a setting is out of its range.
    """
    try:
        import torch
        import transformers
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "transformers"):
            raise
        raise MissingExtraError(f"The model 'hf:{path}'", "train") from None
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = dtype or ("float32" if device == "cpu" and device_map is None else "auto")
    placed = {} if device_map is None else {"device_map": device_map}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=dtype, **placed)
    except (OSError, ValueError) as error:
        raise SettingError(
            f"Found no model {path!r} that can be loaded ({str(error).splitlines()[0]}); give a "
            "folder with its files, or the name of a causal language model on the Hugging Face Hub."
        ) from error
    if adapters:
        model = _adapted(model, adapters)
    return Local(
        model if placed else model.to(device), tokenizer, **{"name": f"hf:{path}"} | settings
    )


def _adapted(model: Any, adapters: Mapping[str, str]) -> Any:
    try:
        from peft import PeftModel
    except ModuleNotFoundError as error:
        if error.name != "peft":
            raise
        raise MissingExtraError("An adapter", "train") from None
    (first, folder), *others = adapters.items()
    adapted = PeftModel.from_pretrained(model, folder, adapter_name=first)
    for name, folder in others:
        adapted.load_adapter(folder, adapter_name=name)
    return adapted
