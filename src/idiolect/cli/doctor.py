"""`doctor`: what a model can do, and which recipes can run on it."""

from __future__ import annotations

import typer

from idiolect.cli.options import Model, ending, stdout


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = ("idiolect doctor --lm ollama:llama3.2", "idiolect doctor --lm hf:./my-model")
    app.command(epilog=ending(*examples))(doctor)


def doctor(lm: Model) -> None:
    """Test a model in about fifteen short calls; exit code 1 where it cannot be used."""
    from collections import defaultdict

    from rich.markup import escape

    from idiolect.catalog import recipes
    from idiolect.run.doctor import Doctor, Finding, obstacle
    from idiolect.run.models import language_model
    from idiolect.testing.contract import Bench
    from idiolect.testing.world import world

    out, model, made = stdout(), language_model(lm), world()
    findings: list[Finding] = []
    if not model.free:
        for finding in Doctor(model)():
            findings.append(finding)
            colour = {"good": "green", "missing": "yellow", "bad": "red"}[finding.status]
            out.print(f"[{colour}]{finding.status:>7}[/]  {finding.check}: {escape(finding.said)}")
    there, why = recipes(), defaultdict[str, list[str]](list)
    for one in there:
        # A model that costs nothing is simply asked; of others, the prompts say what they need.
        outcomes = Bench(one, made).attempt(
            made.population, made.requests[:2], model if model.free else None
        )
        failed = [o.failure.message for o in outcomes if o.failure and model.free]
        prompts = [call.prompt for outcome in outcomes for call in outcome.calls]
        if reason := obstacle(one, model, findings, prompts) or "".join(failed[:1]):
            why[reason].append(one.name)
    runs = len(there) - sum(map(len, why.values()))
    out.print(f"{runs} of {len(there)} recipes can run on it.")
    for reason, names in why.items():
        out.print(f"  not {', '.join(names)}: {reason}", markup=False)
    if any(finding.essential and finding.status == "bad" for finding in findings):
        raise typer.Exit(1)
