"""Word lists that features count, English and in lower case; they are our own."""

from __future__ import annotations

from idiolect.measure.text import word_set

FIRST_PERSON = word_set("i me my mine myself i'm i've i'd i'll")
FIRST_PLURAL = word_set("we us our ours ourselves we're we've we'd we'll let's")
SECOND_PERSON = word_set("you your yours yourself yourselves you're you've you'd you'll")
HEDGES = word_set(
    """maybe perhaps possibly probably apparently presumably seemingly somewhat fairly rather
    slightly roughly arguably supposedly seem seems seemed appear appears appeared suppose supposed
    guess guessed suspect might almost mostly partly generally usually"""
)
HEDGE_PHRASES = (
    "i think", "i believe", "i feel", "sort of", "kind of", "a bit", "a little", "more or less",
    "not sure", "as far as", "in a way", "may be", "could be", "tend to", "tends to",
    "to some extent",
)  # fmt: skip
NEGATIONS = word_set(
    "not no never none nobody nothing nowhere nor neither cannot without hardly barely"
)
INTENSIFIERS = word_set(
    """very really so extremely incredibly absolutely totally completely utterly truly highly deeply
    seriously insanely super hugely terribly awfully especially particularly remarkably wildly
    thoroughly ridiculously amazingly immensely"""
)
ABSOLUTES = word_set(
    """always never all every everyone everybody everything everywhere none nobody nothing nowhere
    entirely fully perfect perfectly definitely certainly obviously clearly undoubtedly forever only
    best worst must"""
)
ADVICE = word_set("should must recommend recommended avoid skip try bring ask")
ADVICE_PHRASES = ("make sure", "you need", "need to", "have to", "better to", "go for")
REASONS = word_set("because since therefore hence thus due reason reasons why cause causes caused")
REASON_PHRASES = ("so that", "as a result", "in order to", "which means", "which is why")
COMPARISONS = word_set(
    """than better worse more less most least like unlike similar similarly compared comparison same
    different equal equally whereas rather best worst"""
)
