"""The network of the reader: a small multilingual BERT read once, heads of the codebook on top.

Text heads look at the text through one attention query of their own and at its mean. Group heads start from the states
at the group's slot, look at the text through a query made of them, and see the mean too. Needs torch (extra `train`).
"""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from transformers import BertConfig, BertModel

from nlp.base_model import BaseModel
from nlp.labels import heads_of
from nlp.pieces import SPECIALS

_DROPOUT: Final = 0.1
_HIDDEN: Final = 256
_MASKED: Final = -1e4


class Network(nn.Module):
    """ids, mask (cases × pieces) and member (cases × targets × pieces) → text scores (cases × labels of all text
    heads) and group scores (cases × targets × labels of all group heads)."""

    def __init__(self, body: nn.Module, word: torch.Tensor) -> None:
        super().__init__()
        width = word.shape[1]
        self.word = nn.Parameter(word, requires_grad=False)  # 22 M numbers that 10,000 texts cannot improve
        self.special = nn.Parameter(word.mean(0) + 0.3 * word.std(0) * torch.randn(len(SPECIALS), width))
        self.body = body
        self.text_heads = heads_of("text")
        self.group_heads = heads_of("group")
        self.query = nn.Parameter(torch.randn(len(self.text_heads), width) * 0.02)
        self.text_norm = nn.LayerNorm(2 * width)
        self.text_hidden = nn.Linear(2 * width, _HIDDEN)
        self.text_out = nn.ModuleList(nn.Linear(_HIDDEN + 2 * width, len(h.codes)) for h in self.text_heads)
        self.group_query = nn.Linear(width, width)
        self.group_norm = nn.LayerNorm(3 * width)
        self.group_hidden = nn.Linear(3 * width, _HIDDEN)
        self.group_out = nn.Linear(_HIDDEN + 3 * width, sum(len(h.codes) for h in self.group_heads))
        self.dropout = nn.Dropout(_DROPOUT)

    def embedded(self, ids: torch.Tensor) -> torch.Tensor:
        """Word vectors of the base, and the learnt ones of the special tokens behind its vocabulary."""
        base = self.word.shape[0]
        is_special = ids >= base
        words = self.word[ids.masked_fill(is_special, 0)]
        extra = self.special[(ids - base).clamp(min=0)]
        return torch.where(is_special.unsqueeze(-1), extra, words)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, member: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.judged(self.embedded(ids), mask, member)

    def judged(
        self, vectors: torch.Tensor, mask: torch.Tensor, member: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The same from word vectors (cases × pieces × width)."""
        states = self.body(inputs_embeds=vectors, attention_mask=mask).last_hidden_state
        kept = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * kept).sum(1) / kept.sum(1)
        absent = (1 - mask).to(states.dtype) * _MASKED

        looks = torch.softmax(states @ self.query.T + absent.unsqueeze(-1), dim=1)  # cases × pieces × heads
        seen = looks.transpose(1, 2) @ states  # cases × heads × width
        paired = self.text_norm(torch.cat([seen, mean.unsqueeze(1).expand_as(seen)], -1))
        hidden = torch.cat([nn.functional.gelu(self.text_hidden(self.dropout(paired))), paired], -1)
        hidden = self.dropout(hidden)
        text = torch.cat([out(hidden[:, k]) for k, out in enumerate(self.text_out)], -1)

        slot = member @ states  # cases × targets × width
        asked = self.group_query(slot) @ states.transpose(1, 2) / states.shape[-1] ** 0.5 + absent.unsqueeze(1)
        around = torch.softmax(asked, dim=-1) @ states
        joined = self.group_norm(torch.cat([slot, around, mean.unsqueeze(1).expand_as(slot)], -1))
        inner = torch.cat([nn.functional.gelu(self.group_hidden(self.dropout(joined))), joined], -1)
        return text, self.group_out(self.dropout(inner))


def from_base(base: BaseModel, layers: int | None = None) -> Network:
    """A fresh network on the base encoder, its first `layers` layers or all; torch's seed decides the new weights."""
    config = BertConfig(
        vocab_size=1,  # word vectors are the network's own
        hidden_size=base.width,
        num_hidden_layers=layers or base.layers,
        num_attention_heads=base.heads,
        intermediate_size=base.inner,
        max_position_embeddings=base.longest,
        attention_probs_dropout_prob=0.0,  # the other dropouts suffice, and this one costs a fifth of the time
        pad_token_id=0,
        attn_implementation="eager",  # faster here than the fused kernel, whose backward pass is slow in bf16
    )
    body = BertModel(config, add_pooling_layer=False)
    own = body.state_dict()
    own.update({name: torch.from_numpy(array) for name, array in base.weights.items() if name in own})
    body.load_state_dict(own)
    return Network(body, torch.from_numpy(base.word))
