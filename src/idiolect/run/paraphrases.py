"""The noise floor: the same method, told in other words that mean the same.

A language model's answers move with any change of wording. How much the score moves when a
neutral sentence is put before the instruction is what a gain must exceed before it can be the
user's doing (the 30 neutral controls of the persona study, system 41; our wording).
"""

from __future__ import annotations

from idiolect.lm import LanguageModel, Prompt, Rewriting
from idiolect.run.runner import Build

#: Thirty sentences that say nothing about anybody.
LEAD_INS = (
    "You are a helpful assistant.",
    "You are an assistant that helps.",
    "You help with tasks.",
    "Be a helpful assistant.",
    "Act as a helpful assistant.",
    "Your role is that of an assistant.",
    "Your job is to help.",
    "You are here to help.",
    "You assist with what is asked.",
    "You are asked to help with a task.",
    "Please help with the following.",
    "Please do the following.",
    "Here is a task.",
    "Here is what you are to do.",
    "The task is as follows.",
    "The following is asked of you.",
    "Read what follows and do as it says.",
    "Follow the instruction below.",
    "Carry out the instruction below.",
    "Do what the instruction says.",
    "Attend to this task.",
    "This is your task.",
    "This is what is needed.",
    "You are given a task.",
    "You will be given a task.",
    "You are a capable assistant.",
    "You are an assistant.",
    "You are an AI assistant.",
    "You are a language model that helps.",
    "As an assistant, do the following.",
)


class Led(Rewriting):
    """A model that reads a sentence before each instruction.

    Args:
        lm: The model.
        sentence: What it reads.
    """

    def __init__(self, lm: LanguageModel, sentence: str) -> None:
        super().__init__(lm)
        self.sentence = sentence

    def rewritten(self, prompt: Prompt) -> Prompt:
        """With the sentence in front."""
        return prompt.replace(instruction=f"{self.sentence} {prompt.instruction}")


def led(build: Build, n: int) -> Build:
    """A method whose prompts begin with the `n`th of `LEAD_INS`."""
    return lambda lm: build(Led(lm, LEAD_INS[n]))
