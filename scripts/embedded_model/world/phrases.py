"""The words of the captions: for every value of an attribute, the ways English has to say it."""

Phrases = tuple[str, ...]

OPENINGS: Phrases = (
    "a photo of ",
    "a picture of ",
    "a painting of ",
    "an illustration of ",
    "a drawing of ",
    "a view of ",
    "an image of ",
    "landscape with ",
    "digital art of ",
    "a beautiful view of ",
    "a poster of ",
)
ENDINGS: Phrases = (
    ", digital art",
    ", highly detailed",
    ", beautiful landscape",
    ", concept art",
    ", scenic",
    ", flat design",
    ", 4k",
    ", masterpiece",
    ", calm mood",
    ", vector art",
)
HOURS: dict[str, Phrases] = {
    "dawn": ("at dawn", "at sunrise", "in the early morning", "in the morning light", "at daybreak"),
    "day": ("by day", "on a sunny day", "in the daytime", "at noon", "on a bright day", "at midday"),
    "dusk": ("at dusk", "at sunset", "in the evening", "at twilight", "in the evening light"),
    "night": ("at night", "by night", "at midnight", "in the dark", "late at night"),
}
MOONLIGHT: Phrases = ("in the moonlight", "under the moon", "on a moonlit night")
STARLIGHT: Phrases = ("under the stars", "on a starry night", "under a starry sky")
HOUR_NOUNS: dict[str, Phrases] = {
    "dawn": ("sunrise", "a sunrise", "dawn", "early morning"),
    "day": ("a sunny day", "a bright day", "daylight", "noon"),
    "dusk": ("sunset", "a sunset", "dusk", "an orange sunset", "evening"),
    "night": ("night", "a dark night", "midnight"),
}
GROUNDS: dict[str, Phrases] = {
    "sea": ("the sea", "the ocean", "the water", "a calm sea", "the coast", "a lake", "the bay", "the shore"),
    "meadow": ("a meadow", "a green field", "the grass", "green fields", "a green plain", "the countryside"),
    "desert": ("the desert", "sand dunes", "a sandy desert", "the sand", "the dunes"),
    "snow": ("the snow", "a snowy field", "a winter landscape", "a snowy plain", "the white snow"),
    "lavender": ("a lavender field", "lavender fields", "rows of lavender", "a field of lavender", "the lavender"),
}
BARE_GROUNDS: dict[str, Phrases] = {
    "sea": ("the sea", "the open sea", "the ocean", "a calm sea", "a seascape", "a lake"),
    "meadow": ("a meadow", "a green field", "a grassy plain", "an empty meadow", "green countryside"),
    "desert": ("the desert", "sand dunes", "an empty desert"),
    "snow": ("a snowy field", "a winter landscape", "a snowy plain", "fresh snow", "winter"),
    "lavender": ("a lavender field", "lavender fields", "rows of lavender", "blooming lavender"),
}
DRY: Phrases = ("the coast", "the shore")
OVER: Phrases = ("over", "at", "on")
LINKS: dict[str, Phrases] = {
    "sea": ("by", "at", "near", "beside", "on an island in"),
    "boat": ("on", "sailing on"),
    "meadow": ("in", "on"),
    "desert": ("in",),
    "snow": ("in", "on"),
    "lavender": ("in", "among", "behind", "near"),
}
BUILDINGS: dict[str, Phrases] = {
    "lighthouse": ("lighthouse", "lighthouse", "lighthouse", "light tower"),
    "house": ("house", "house", "cottage", "home", "little house", "hut"),
    "windmill": ("windmill", "windmill", "old windmill", "mill"),
    "castle": ("castle", "castle", "old castle", "fortress", "fairy-tale castle"),
}
TREES: dict[str, Phrases] = {
    "broadleaf": ("trees", "leafy trees", "oak trees", "green trees", "round trees", "oaks"),
    "firs": ("fir trees", "firs", "pine trees", "pines", "conifers", "spruces"),
    "palms": ("palm trees", "palms", "tall palms", "coconut palms"),
}
CRAFTS: dict[str, Phrases] = {
    "boat": ("a boat", "a sailing boat", "a sailboat", "a ship", "a yacht"),
    "balloon": ("a balloon", "a hot-air balloon", "a hot air balloon"),
    "birds": ("birds", "a flock of birds", "flying birds", "seagulls", "some birds"),
}
RELIEFS: dict[str, Phrases] = {
    "flat": ("a flat horizon", "a wide horizon"),
    "hills": ("hills", "low hills", "rolling hills", "gentle hills"),
    "mountains": ("mountains", "high mountains", "snowy mountains", "mountain peaks"),
    "volcano": ("a volcano", "an erupting volcano", "a smoking volcano", "a volcano with lava"),
}
DISTANCE: Phrases = (" in the distance", " in the background", " on the horizon", "", "", "")
WEATHERS: dict[str, Phrases] = {
    "clear": ("a clear sky", "a cloudless sky", "no clouds", "clear weather"),
    "cloudy": ("clouds", "a cloudy sky", "many clouds", "clouds in the sky", "white clouds"),
    "foggy": ("fog", "thick fog", "mist", "a misty haze", "dense fog"),
}
FOG_ADJECTIVES: Phrases = ("foggy", "misty", "hazy")
LIGHTS: dict[str, Phrases] = {
    "dawn": ("the rising sun", "the sun", "the morning sun", "the sun rising"),
    "day": ("the sun", "a bright sun", "the midday sun"),
    "dusk": ("the setting sun", "the sun", "the evening sun", "the sun going down"),
    "night": ("the moon", "a full moon", "a bright moon", "the full moon"),
}
NO_LIGHTS: dict[str, Phrases] = {
    "dawn": ("no sun",),
    "day": ("no sun",),
    "dusk": ("no sun",),
    "night": ("no moon", "no moon in the sky"),
}
PLACES: dict[str, Phrases] = {
    "left": ("on the left", "on the left side", "to the left", "at left"),
    "centre": ("in the middle", "in the centre", "in the center"),
    "right": ("on the right", "on the right side", "to the right", "at right"),
}
PALETTES: dict[str, Phrases] = {
    "pastel": ("in pastel colours", "in soft pastel tones", "pastel colors", "in pale colours"),
    "sepia": ("in sepia", "as an old photograph", "sepia tones", "like a vintage photo"),
    "neon": ("in neon colours", "in synthwave style", "neon colors", "in neon light", "vaporwave"),
}
PALETTE_ADJECTIVES: dict[str, Phrases] = {
    "pastel": ("a pastel picture of ", "a pale pastel drawing of "),
    "sepia": ("a sepia photo of ", "an old photo of ", "a vintage photograph of "),
    "neon": ("a neon poster of ", "a synthwave picture of ", "a neon picture of "),
}
