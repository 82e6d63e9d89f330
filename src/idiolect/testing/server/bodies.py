"""What the stub server answers with: bodies and streams as OpenAI's interface has them."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Body = dict[str, Any]


def refusal(status: int, words: str, code: str | None = None) -> tuple[int, Body]:
    """Status and body of an answer that says why there is none."""
    return status, {"error": {"message": words, "type": "stub", "param": None, "code": code}}


def chat(body: Body, text: str | None, number: int, read: int, logprobs: bool) -> Body:
    """The answer to a chat call, shortened as the call asks by `stop` and by `max_tokens`."""
    text, finish = shortened(text, body)
    said = len((text or "").split())
    choice: Body = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": finish,
    }
    if logprobs and body.get("logprobs"):
        choice["logprobs"] = {"content": scored(text or "", body.get("top_logprobs") or 0)}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": {"prompt_tokens": read, "completion_tokens": said, "total_tokens": read + said},
    }


def spoken(messages: Any) -> int | None:
    """The number of words of a call's messages, also of those in parts; None where they are none.

    Args:
        messages: As sent.
    """
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        return None
    words = 0
    for message in messages:
        content = message.get("content") or ""
        parts = [{"text": content}] if isinstance(content, str) else content
        for part in parts:
            words += len(str(part.get("text", "")).split()) if isinstance(part, dict) else 0
    return words


def shortened(text: str | None, body: Body) -> tuple[str | None, str]:
    """The text up to a stop word and within the number of words allowed, and why it ended."""
    if not text:
        return text, "stop"
    stops = body.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.partition(stop)[0]
    most = body.get("max_completion_tokens") or body.get("max_tokens") or math.inf
    words = re.findall(r"\s*\S+\s*", text)
    return ("".join(words[: int(most)]).rstrip(), "length") if len(words) > most else (text, "stop")


def scored(text: str, top: int) -> list[Body]:
    """The words with made-up log probabilities: between -1 and 0, always the same for a word."""

    def token(word: str, logprob: float) -> Body:
        return {"token": word, "logprob": logprob, "bytes": list(word.encode())}

    found = []
    for word in re.findall(r"\s*\S+\s*", text):
        logprob = -hashlib.blake2b(word.encode(), digest_size=1).digest()[0] / 256
        others = [token(f"other{n}", logprob - n) for n in range(1, top)]
        found.append(token(word, logprob) | {"top_logprobs": [token(word, logprob), *others][:top]})
    return found


def streamed(answer: Body, *, usage: bool) -> Iterator[bytes]:
    """A chat answer as events, a word each, with the usage in the last one where it is asked for.

    Args:
        answer: As for a call without `stream`.
        usage: As `stream_options.include_usage`.
    """
    head = {k: v for k, v in answer.items() if k not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"
    # With usage asked for, events before the last have it as null.
    head |= {"usage": None} if usage else {}

    def event(**parts: Any) -> bytes:
        return b"data: " + json.dumps(head | parts).encode() + b"\n\n"

    for choice in answer["choices"]:
        at = choice["index"]
        scores = iter((choice.get("logprobs") or {}).get("content", ()))
        first: Body = {"role": "assistant", "content": ""}
        yield event(choices=[{"index": at, "delta": first, "finish_reason": None}])
        for word in re.findall(r"\s*\S+\s*", choice["message"]["content"] or ""):
            part: Body = {"index": at, "delta": {"content": word}, "finish_reason": None}
            if (score := next(scores, None)) is not None:
                part["logprobs"] = {"content": [score]}
            yield event(choices=[part])
        yield event(choices=[{"index": at, "delta": {}, "finish_reason": choice["finish_reason"]}])
    if usage:
        yield event(choices=[], usage=answer.get("usage"))
    yield b"data: [DONE]\n\n"


def embeddings(body: Body, dim: int) -> tuple[int, Body]:
    """The answer to a call for vectors."""
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return refusal(400, "The 'input' must be a text or a list of texts.")
    if not all(texts):
        return refusal(400, "The input must not be empty.")
    packed = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": at,
            "embedding": base64.b64encode(v.tobytes()).decode() if packed else v.tolist(),
        }
        for at, v in enumerate(hashed(text, dim) for text in texts)
    ]
    words = sum(len(text.split()) for text in texts)
    return 200, {
        "object": "list",
        "model": body["model"],
        "data": data,
        "usage": {"prompt_tokens": words, "total_tokens": words},
    }


def models(names: Sequence[str], context: int | None) -> Body:
    """The models there are, with the length of their context as vLLM tells it."""
    told = {} if context is None else {"max_model_len": context}
    listed = [
        {"id": name, "object": "model", "created": 0, "owned_by": "stub"} | told for name in names
    ]
    return {"object": "list", "data": listed}


def hashed(text: str, dim: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The sum over words and marks of a sign at a place, both from the word's hash.  # (dim,)"""
    vector = np.zeros(dim, dtype=np.float32)
    for word in re.findall(r"\w+|[^\w\s]+", text.lower()):
        digest = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        vector[(digest >> 1) % dim] += 1 if digest & 1 else -1
    return vector
