"""The vocabulary of the generated shop: each word in English and in Chinese."""

from typing import NamedTuple

__all__ = ["BRANDS", "CATEGORIES", "FINISHES", "Category", "Word"]


class Word(NamedTuple):
    """A word in two languages."""

    en: str
    zh: str


class Category(NamedTuple):
    """A category of products: nouns and attributes of its titles, its typical price and its season.

    The price is in the shop's currency; ``peak_month`` is the month of the highest demand, from 1.
    """

    name: Word
    nouns: tuple[Word, ...]
    attributes: tuple[Word, ...]
    price: float
    peak_month: int


def _words(*pairs: str) -> tuple[Word, ...]:
    return tuple(Word(*pair.split("/")) for pair in pairs)


BRANDS = _words(
    *("Norvik/诺维克", "Halden/哈尔登", "Lumira/璐米拉", "Kestrel/红隼", "Aoyama/青山", "Brightwell/明泉"),
    *("Castella/卡斯特", "Dunmore/邓莫尔", "Everpine/常松", "Fennick/芬尼克", "Greyloch/灰湖", "Hoshino/星野"),
    *("Ivory Lane/象牙巷", "Juniper/杜松", "Kallisto/卡利斯托", "Lindqvist/林奎斯特", "Marlowe/马洛", "Nimbus/云雨"),
    *("Ostara/奥斯塔拉", "Pinecrest/松岭", "Quillon/奎隆", "Rosedale/玫瑰谷", "Solstice/至日", "Tamarind/罗望子"),
    *("Umbra/暗影", "Valmont/瓦尔蒙", "Windham/温德姆", "Xander/赞德", "Yarrow/蓍草", "Zephyrine/西风"),
)

FINISHES = _words(
    "black/黑色", "white/白色", "blue/蓝色", "green/绿色", "red/红色", "grey/灰色", "gold/金色", "natural/原色"
)

CATEGORIES = (
    Category(
        Word("audio", "音响"),
        _words("headphones/耳机", "earbuds/耳塞", "speaker/音箱", "soundbar/回音壁", "microphone/麦克风"),
        _words(
            "wireless/无线", "noise cancelling/降噪", "portable/便携", "hi-fi/高保真", "waterproof/防水", "bass/重低音"
        ),
        120.0,
        11,
    ),
    Category(
        Word("computers", "电脑"),
        _words("laptop/笔记本电脑", "monitor/显示器", "keyboard/键盘", "mouse/鼠标", "tablet/平板电脑"),
        _words("ultralight/超轻", "mechanical/机械", "gaming/游戏", "ergonomic/人体工学", "touch/触屏", "silent/静音"),
        400.0,
        9,
    ),
    Category(
        Word("kitchen", "厨房"),
        _words("kettle/水壶", "frying pan/煎锅", "blender/搅拌机", "knife/菜刀", "teapot/茶壶", "rice cooker/电饭煲"),
        _words("stainless/不锈钢", "ceramic/陶瓷", "non-stick/不粘", "cast iron/铸铁", "electric/电动", "glass/玻璃"),
        60.0,
        12,
    ),
    Category(
        Word("beauty", "美妆"),
        _words("lipstick/口红", "face cream/面霜", "shampoo/洗发水", "perfume/香水", "sunscreen/防晒霜"),
        _words("moisturising/保湿", "organic/有机", "matte/哑光", "fragrance-free/无香", "repairing/修护", "mild/温和"),
        35.0,
        3,
    ),
    Category(
        Word("sports", "运动"),
        _words("running shoes/跑鞋", "yoga mat/瑜伽垫", "dumbbell/哑铃", "bicycle helmet/骑行头盔", "racket/球拍"),
        _words(
            "cushioned/缓震", "anti-slip/防滑", "adjustable/可调节", "breathable/透气", "carbon/碳纤维", "foldable/折叠"
        ),
        75.0,
        5,
    ),
    Category(
        Word("outdoor", "户外"),
        _words("tent/帐篷", "sleeping bag/睡袋", "backpack/背包", "camping stove/露营炉", "hiking boots/登山靴"),
        _words(
            "lightweight/轻量", "insulated/保温", "windproof/防风", "quick-dry/速干", "four-season/四季", "rugged/耐磨"
        ),
        130.0,
        7,
    ),
    Category(
        Word("fashion", "服装"),
        _words("dress/连衣裙", "jacket/夹克", "jeans/牛仔裤", "sweater/毛衣", "scarf/围巾", "shirt/衬衫"),
        _words("cotton/纯棉", "linen/亚麻", "slim/修身", "oversized/宽松", "vintage/复古", "knitted/针织"),
        55.0,
        10,
    ),
    Category(
        Word("toys", "玩具"),
        _words("building blocks/积木", "puzzle/拼图", "doll/娃娃", "toy train/玩具火车", "board game/桌游"),
        _words("wooden/木制", "magnetic/磁力", "educational/益智", "musical/音乐", "plush/毛绒", "remote control/遥控"),
        30.0,
        12,
    ),
    Category(
        Word("books", "图书"),
        _words("novel/小说", "cookbook/菜谱", "atlas/地图集", "biography/传记", "picture book/绘本"),
        _words("illustrated/插图", "hardcover/精装", "classic/经典", "pocket/口袋", "bilingual/双语", "annotated/注释"),
        18.0,
        8,
    ),
    Category(
        Word("garden", "园艺"),
        _words("watering can/洒水壶", "pruning shears/修枝剪", "flower pot/花盆", "lawn mower/割草机", "seeds/种子"),
        _words(
            "galvanised/镀锌",
            "self-watering/自动浇水",
            "cordless/充电式",
            "terracotta/陶土",
            "hardy/耐寒",
            "solar/太阳能",
        ),
        45.0,
        4,
    ),
    Category(
        Word("furniture", "家具"),
        _words("sofa/沙发", "desk/书桌", "bookshelf/书架", "dining chair/餐椅", "bed frame/床架", "lamp/台灯"),
        _words("oak/橡木", "walnut/胡桃木", "modular/组合", "velvet/天鹅绒", "minimalist/极简", "industrial/工业风"),
        250.0,
        1,
    ),
    Category(
        Word("pets", "宠物"),
        _words("dog food/狗粮", "cat litter/猫砂", "leash/牵引绳", "aquarium/鱼缸", "scratching post/猫抓板"),
        _words(
            "grain-free/无谷",
            "odour control/除臭",
            "reflective/反光",
            "puppy/幼犬",
            "senior/老年",
            "hypoallergenic/低敏",
        ),
        28.0,
        6,
    ),
)
