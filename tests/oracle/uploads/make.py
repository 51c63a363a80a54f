"""Pictures with everything that pictures say besides themselves, as Pillow writes them, for tests/uploads.

    python3 tests/oracle/uploads/make.py

Each is turned (orientation 6), names a place, a person and a telephone, and carries a smaller picture where the format has
one. Pillow 13.0.0.
"""

import io
import pathlib

from PIL import Image, PngImagePlugin

HERE = pathlib.Path(__file__).resolve().parent.parent.parent / "uploads"
PERSON = "Elif Karabulutoglu"
XMP = f'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><creator>{PERSON}</creator></x:xmpmeta><?xpacket end="w"?>'.encode()


def picture(mode="RGB"):
    image = Image.new("RGB", (48, 32))
    image.putdata([(5 * x % 256, 7 * y % 256, (x * y) % 256) for y in range(32) for x in range(48)])
    return image.convert(mode)


def exif():
    block = Image.Exif()
    block[0x010F] = "Acme"
    block[0x0110] = "Telephone 7"
    block[0x0112] = 6
    block[0x013B] = PERSON
    place = block.get_ifd(0x8825)
    place[1], place[2] = "N", (41.0, 0.0, 29.5)
    place[3], place[4] = "E", (28.0, 58.0, 42.2)
    details = block.get_ifd(0x8769)
    details[0x9003] = "2026:03:02 09:15:00"
    details[0xA431] = "SERIAL-0042"
    return block


def main():
    HERE.mkdir(exist_ok=True)
    picture().save(HERE / "turned.jpg", quality=80, exif=exif(), xmp=XMP, comment=f"by {PERSON}", dpi=(72, 72))
    picture().save(HERE / "progressive.jpg", quality=80, progressive=True, exif=exif(), comment=f"by {PERSON}")
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", PERSON)
    texts.add_text("Comment", PERSON, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    picture().save(HERE / "turned.png", pnginfo=texts, exif=exif())
    picture().save(HERE / "turned.webp", quality=80, exif=exif(), xmp=XMP)
    frames = [picture("P"), picture("P").transpose(Image.Transpose.FLIP_TOP_BOTTOM)]
    frames[0].save(HERE / "moving.gif", save_all=True, append_images=frames[1:], loop=0, comment=f"by {PERSON}".encode())
    for file in sorted(HERE.glob("*.*")):
        print(file.name, file.stat().st_size)


main()
