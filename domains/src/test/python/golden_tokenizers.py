"""Writes small tokenizers and what Hugging Face's own library makes of texts with them, and the tokens of some texts for MiniLM.

Run with tokenizers 0.23:
    python3 golden_tokenizers.py ../resources/dev/gamelan/domains/text MINILM-TOKENIZER.JSON
The second file is what scripts/fetch-onnx-models.sh fetches.
"""
import json
import pathlib
import random
import sys
from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)

TEXTS = [
    "", " ", "a", "Hello, world!", "The quick brown fox jumps over the lazy dog.", "don't can't won't it's we've they're I'm",
    "  spaces \t tabs \n lines \r\n ends ", "Übergröße façade naïve Ångström ŒUVRE", "ΣΊΣΥΦΟΣ Σ", "İstanbul ıI", "Привет, мир! Ёлка",
    "你好世界 mixed 汉字and字", "こんにちは カタカナ ハンカク", "한국어 텍스트", "مرحبا بالعالم", "שלום עולם", "नमस्ते दुनिया", "ภาษาไทย",
    "emoji 👩‍👩‍👧 🎶 ☃", "math x²+y²=z² ∑∫√ 10^6 $5 50% a+b=c <tag> `code` |pipe| ~tilde~", "zero\u200bwidth\u00adhyphen\ufeffbom\u2028line",
    "nul\u0000bell\u0007del\u007f repl\ufffd", "long" * 40, "x" * 101, "x" * 100, "[CLS] [MASK] inside [SEP]", "a[MASK]b", "[mask] [UNK][UNK]",
    "<new> one <new>two three<new>", "new york NEW YORK newyork new yorker", "stripleft  <l>  x", "strip right  <r>  x", "e\u0301 é é",
    "１２３ ｆｕｌｌ", "ﬁ ﬂ ligature", "tel:+1-800-555-0199, mail@example.com; https://example.com/a?b=c&d=e#f", "one two three four five six seven eight nine ten",
]
random.seed(4)
for _ in range(60):
    TEXTS.append("".join(chr(random.choice([random.randint(1, 127), random.randint(32, 126), random.randint(0xA0, 0x24F), random.randint(0x370, 0x52F),
                                            random.choice([0x4E2D, 0x3042, 0x1F600, 0x20AC, 0x301, 0x2014, 0xA0])])) for _ in range(random.randint(1, 40))))


def trained(normalizer, pre, prefix="##"):
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]", max_input_chars_per_word=100, continuing_subword_prefix=prefix))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre
    tokenizer.train_from_iterator(TEXTS[:38] * 3, WordPieceTrainer(vocab_size=420, limit_alphabet=160, show_progress=False,
                                                                 continuing_subword_prefix=prefix, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    tokenizer.decoder = decoders.WordPiece(prefix=prefix)
    return tokenizer


def bert(tokenizer):
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def uncased():
    return bert(trained(normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()))


def cased():
    tokenizer = trained(normalizers.BertNormalizer(lowercase=False, handle_chinese_chars=False), pre_tokenizers.BertPreTokenizer())
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(9)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]", direction="left")
    return tokenizer


def plain():
    tokenizer = trained(normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]), pre_tokenizers.WhitespaceSplit(), "@@")
    tokenizer.add_tokens([AddedToken("<new>", normalized=False), AddedToken("New York", normalized=True, single_word=True), AddedToken("<l>", lstrip=True, normalized=False),
                          AddedToken("<r>", rstrip=True, normalized=False), AddedToken("<ne", normalized=False)])
    tokenizer.enable_truncation(6, strategy="only_first", direction="left")
    return tokenizer


def encoded(tokenizer, texts):
    tokenizer.no_padding()
    result = []
    for i, text in enumerate(texts):
        single = tokenizer.encode(text)
        other = texts[(i * 7 + 3) % len(texts)]
        case = {"text": text, "ids": single.ids, "segments": single.type_ids, "decoded": tokenizer.decode(single.ids), "other": other}
        try:
            pair = tokenizer.encode(text, other)
            case |= {"pair": pair.ids, "pairSegments": pair.type_ids}
        except Exception:
            pass
        result.append(case)
    return result


cases = {}
for make in (uncased, cased, plain):
    tokenizer = make()
    tokenizer.save(str(folder / f"tokenizer_{make.__name__}.json"), pretty=False)
    cases[make.__name__] = encoded(tokenizer, TEXTS)
minilm = Tokenizer.from_file(sys.argv[2])
cases["minilm"] = [{"text": t, "ids": minilm.encode(t).ids[:sum(minilm.encode(t).attention_mask)]} for t in TEXTS]
(folder / "golden_tokenizers.json").write_text(json.dumps(cases, separators=(",", ":")))
