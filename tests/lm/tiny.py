"""Small models made from a configuration, with random weights and a tokenizer of bytes."""

from typing import Any

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)


def tokenizer(template: str | None = TEMPLATE) -> Any:
    """One token a byte, and three marks; nothing is trained."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["<s>", "</s>", "<pad>"]
    vocabulary = marks + sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({word: n for n, word in enumerate(vocabulary)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    fast.chat_template = template
    return fast


def model(kind: str = "llama", hidden: int = 64, layers: int = 2, context: int = 512) -> Any:
    """A model whose weights are drawn large enough that its replies differ."""
    import torch
    import transformers

    torch.set_num_threads(1)
    torch.manual_seed(0)
    shared: dict[str, Any] = {
        "vocab_size": 259, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2,
        "initializer_range": 0.2,
    }  # fmt: skip
    if kind == "gpt2":
        config: Any = transformers.GPT2Config(
            n_embd=hidden, n_layer=layers, n_head=4, n_positions=context, **shared
        )
        return transformers.GPT2LMHeadModel(config).eval()
    config = transformers.LlamaConfig(
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        **shared,
    )
    return transformers.LlamaForCausalLM(config).eval()
