"""Prompts that are hard on tokenizers: hand-picked ones, and random ones from a seed."""

import random
import unicodedata

WORDS = (
    "a an the of in at with photo painting portrait cat dog castle mountain café naïve jalapeño Ångström astronaut "
    "trending artstation highly detailed 8k UHD 1920s octane render Greg Rutkowski cinematic lighting f/1.8 35mm "
    "unreal-engine (masterpiece:1.2) [blurry] {best} don't it's they'll WE'RE I'd y'all rock'n'roll #art @home C++ "
    "antidisestablishmentarianism supercalifragilisticexpialidocious Donaudampfschifffahrtsgesellschaft"
).split()

HAND_PICKED = [
    "",
    " ",
    "\n\t \r\n",
    "a photo of an astronaut riding a horse on mars",
    "A  Photo\tof\nCATS!!!",
    "hello, world... (wow!) [x] {y} <z>",
    "it's they're we've I'm you'll he'd don't",
    "IT'S THEY'RE WE'VE I'M YOU'LL HE'D DON'T",
    "'s 's's ''s '''t 'S 'LL 'x rock 'n' roll it\u2019s",
    "1234567890 3.14 1e-5 \u00bd \u00b2 \u2163 \u0664\u0665 \u0969 \u32b7 \U0001d7d8",
    "<|startoftext|>",
    "<|endoftext|>",
    "a<|endoftext|>b <|startoftext|>c",
    "<|endoftext|><|endoftext|>'s!",
    "<|ENDOFTEXT|> <|StartOfText|>!!",
    "<|endoftext| |endoftext|> <|endoftext|>> <<|endoftext|>",
    "!<|startoftext|>! </w> a</w>b",
    "!",
    "!!! ! a! !a ?!?!",
    "caf\u00e9 cafe\u0301 CAFE\u0301 \u00c5 A\u030a \u212b",
    "\u0130stanbul I\u0307 \u0131 \u1e9e stra\u00dfe \u03a3\u0391\u03a3 \u03c2 \u01c5 \u1f88",
    "\u732b\u306e\u5199\u771f \u30ab\u30bf\u30ab\u30ca \uff8a\uff9d\uff76\uff78 \ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\u4e00\u4e8c\u4e09\U00020000\uf900\ufa10 \u3000full\u3000width\uff01\uff11\uff12",
    "\u0643\u0644\u0645\u0629 \u05e9\u05dc\u05d5\u05dd \u0939\u093f\u0928\u094d\u0926\u0940",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u10e5\u10d0\u10e0\u10d7\u10e3\u10da\u10d8",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \u2764\ufe0f",
    "\U0001f1e9\U0001f1ea 1\ufe0f\u20e3 \U0001f3f4\U000e0067\U000e007f",
    "a\u0301\u0327 a\u0327\u0301 q\u0307\u0323 \u0344 \u1e69 s\u0307\u0323 \u0958 \ufb01 \u2126",
    "zalgo h\u0335\u0321\u0352e\u0336\u0346l\u0338\u0329p\u0335\u0310\u0332",
    "a\u00a0b\u1680c\u2003d\u2028e\u2029f\u202fg\u205fh\u3000i\u0085j\u200bk\ufeffl\u180em",
    "\u0000 a\u0000b \u0001\u001f\u007f\u0080\u009f x\u001cy",
    "\ufffd \ue000 \ufdd0 \uffff \U0010ffff",
    "\u200e\u202eabc\u202c \u2066x\u2069 soft\u00adhyphen",
    "\u201cquoted\u201d \u2018single\u2019 \u2014 \u2026 \u2022 \u00a9 \u2122 \u20ac \u00a3 \u2192 \u221e \u2260",
    "https://example.com/?q=1&b=%20#x user@example.com C:\\path\\file_name-01.PNG",
    "__init__ snake_case camelCase kebab-case a_b_1",
    "x" * 300,
    "\u00e9" * 120,
    "\U0001f600" * 60,
    "!" * 200,
    "7" * 100,
    " ".join(["word"] * 75),
    " ".join(["word"] * 76),
    " ".join(["cat"] * 200),
    " ".join(["\u732b"] * 80),
]

# Characters known since Unicode 9. The two tokenizers have tables of different Unicode versions.
BLOCKS = [
    (0x0000, 0x007F),
    (0x0020, 0x024F),
    (0x0250, 0x036F),
    (0x0370, 0x052F),
    (0x0590, 0x06FF),
    (0x0900, 0x097F),
    (0x0E00, 0x0E7F),
    (0x1100, 0x11FF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x218B),
    (0x2190, 0x23FF),
    (0x2460, 0x27BF),
    (0x3000, 0x318E),
    (0x4E00, 0x9FD5),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAD9),
    (0xFB00, 0xFDFD),
    (0xFE00, 0xFFFD),
    (0x1D400, 0x1D7FF),
    (0x1F300, 0x1F64F),
    (0x20000, 0x2A6D6),
]
JOINTS = ["", "", "", " ", "\n", "\u3000", "\u0301", "\u0323", "\u0345", "\u200d", "\ufe0f", *"'1!-A", "'s"]


def hard_prompts(count: int, seed: int) -> list[str]:
    """The hand-picked prompts and `count` random ones: half of words, half of characters of all kinds."""
    rng = random.Random(seed)
    makers = [random_sentence, random_characters]
    return HAND_PICKED + [makers[i % 2](rng) for i in range(count)]


def random_sentence(rng: random.Random) -> str:
    cases = [str, str, str, str.lower, str.upper, str.title]
    words = [rng.choice(cases)(rng.choice(WORDS)) for _ in range(rng.randint(1, 200 if rng.random() < 0.1 else 30))]
    return "".join(word + rng.choice([" ", " ", " ", "  ", ", ", ",", ". ", "! ", "\n", "-"]) for word in words)


def random_characters(rng: random.Random) -> str:
    blocks = rng.sample(BLOCKS, 3)
    return "".join(random_character(rng, rng.choice(blocks)) + rng.choice(JOINTS) for _ in range(rng.randint(1, 60)))


def random_character(rng: random.Random, block: tuple[int, int]) -> str:
    while True:
        character = chr(rng.randint(*block))
        if unicodedata.category(character) not in ("Cn", "Cs"):
            return character
