"""Writes tests/mail/*.eml: mails of invented people in the shapes that real programs give them.

Byte for byte by hand, so that no library of Python has a part in what Python's library is then asked about
(make.py). Run it from anywhere; the files are the same each time.
"""

import base64
import pathlib
import quopri
import struct
import zlib

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "mail"
CRLF = "\r\n"


def png(side):
    """A grey picture, large enough not to be taken for an icon."""
    noise = bytes((x * 37 + y * 91 + x * y * 7) & 0xFF for y in range(side) for x in range(side))
    rows = b"".join(b"\0" + noise[y * side : (y + 1) * side] for y in range(side))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# Whole in its parts (header, frame, scan, end), though no picture would come of it.
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    + b"\xff\xc0\x00\x0b\x08\x00\x40\x00\x40\x01\x01\x11\x00"
    + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    + bytes(range(256)) * 12
    + b"\xff\xd9"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n" + b"% " + b"x" * 900 + b"\n"
ICON = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def b64(data):
    text = base64.b64encode(data).decode()
    return CRLF.join(text[at : at + 76] for at in range(0, len(text), 76))


def qp(data):
    return quopri.encodestring(data.replace(b"\r\n", b"\n")).decode().replace("\n", CRLF)


def words(text, charset, encoding, size=None):
    """Encoded words; `size` cuts the bytes after so many, also within a letter."""
    raw = text.encode(charset)
    parts = [raw[at : at + size] for at in range(0, len(raw), size)] if size else [raw]
    if encoding == "B":
        return f"{CRLF} ".join(f"=?{charset}?B?{base64.b64encode(p).decode()}?=" for p in parts)
    spell = lambda p: "".join(chr(b) if chr(b).isalnum() and b < 128 else f"={b:02X}" for b in p)
    return f"{CRLF} ".join(f"=?{charset}?Q?{spell(p)}?=" for p in parts)


def head(sender, subject, number, date, extra=""):
    """The uppermost fields as a mail server of ours writes them, and the sender's own."""
    return (
        f"Return-Path: <{sender[1]}>{CRLF}"
        f"Delivered-To: sikayet@firma.example{CRLF}"
        f"Received: from mx.firma.example (mx.firma.example [192.0.2.10]){CRLF}"
        f"\tby imap.firma.example (Postfix) with LMTPS id 4Xk{number:04}{CRLF}"
        f"\tfor <sikayet@firma.example>; {date[0]}{CRLF}"
        f"Received: from out.example.net (out.example.net [198.51.100.7]){CRLF}"
        f"\tby mx.firma.example (Postfix) with ESMTPS id 4Xj{number:04}; Sun, 1 Mar 2020 00:00:00 +0000 (UTC){CRLF}"
        f"{extra}"
        f"Message-ID: <{number:06}.fixture@example.net>{CRLF}"
        f"Date: {date[1]}{CRLF}"
        f"From: {sender[0]} <{sender[1]}>{CRLF}"
        f"To: sikayet@firma.example{CRLF}"
        f"Subject: {subject}{CRLF}"
        f"MIME-Version: 1.0{CRLF}"
    )


MARCH = ("Tue, 3 Mar 2026 10:15:20 +0300 (+03)", "Tue, 3 Mar 2026 10:15:11 +0300")
ELIF = "elif.yildiz@example.net"
IVAN = "ivan.petrov@example.net"

TURKISH = (
    "Merhaba,\r\n\r\n12 Şubat'ta teslim edilen 60x60 Granit Gri karoların üç kutusu kırık çıktı. Lot numarası GG-7741.\r\n"
    "Bayi \"üreticiye yazın\" diyor; ben de değişim istiyorum, çünkü işçilik bekliyor.\r\n\r\nİyi günler,\r\nElif Yıldız\r\n"
)
RUSSIAN = (
    "Здравствуйте!\r\n\r\nПлитка Granit Gri, партия GG-7741: на второй день после укладки пошли трещины, всего девять штук.\r\n"
    "Прошу прислать специалиста и заменить брак.\r\n\r\nС уважением,\r\nИван Петров\r\n"
)


def write(name, *parts):
    data = b"".join(p if isinstance(p, bytes) else p.encode("ascii") for p in parts)
    (OUT / f"{name}.eml").write_bytes(data)


def simple(name, sender, subject, number, charset, encoding, body):
    encoded = {"8bit": lambda b: b, "base64": lambda b: b64(b).encode(), "quoted-printable": lambda b: qp(b).encode()}
    fields = (
        f"Content-Type: text/plain; charset={charset}{CRLF}Content-Transfer-Encoding: {encoding}{CRLF}{CRLF}"
    )
    write(name, head(sender, subject, number, MARCH), fields, encoded[encoding](body), CRLF)


def letters():
    simple(
        "tr-windows-1254-qp",
        (words("Elif Yıldız", "windows-1254", "Q"), ELIF),
        words("Kırık karo şikâyeti", "windows-1254", "Q"),
        1, '"windows-1254"', "quoted-printable", TURKISH.encode("windows-1254"),
    )
    simple(
        "ru-koi8-r-8bit",
        (words("Иван Петров", "koi8-r", "B"), IVAN),
        words("Трещины на плитке", "koi8-r", "B"),
        2, "koi8-r", "8bit", RUSSIAN.encode("koi8-r"),
    )
    simple(
        "ru-windows-1251-base64",
        (words("Петров, Иван", "windows-1251", "B"), IVAN),
        words("Жалоба: плитка", "windows-1251", "B"),
        3, "windows-1251", "base64", RUSSIAN.encode("windows-1251"),
    )
    simple(
        "tr-8859-9-subject-cut",
        ('"Elif Y. (ev)"', ELIF),
        words("Çatlayan karoların değiştirilmesi için başvuru", "iso-8859-9", "Q", 14),
        4, "ISO-8859-9", "8bit", TURKISH.encode("iso-8859-9"),
    )
    simple(
        "tr-utf8-letter-cut",
        (words("Elif Yıldız", "utf-8", "Q"), ELIF),
        words("Işığı görünce çatlağı fark ettim", "utf-8", "B", 5),
        5, "utf-8", "base64", TURKISH.encode("utf-8"),
    )
    simple(
        "tr-called-latin-1",
        ("Elif Yildiz", ELIF),
        "Kirik karo",
        6, "iso-8859-1", "8bit", TURKISH.encode("iso-8859-9"),
    )
    simple(
        "ru-no-charset",
        ("Ivan Petrov", IVAN),
        "plitka",
        7, "x-unknown", "8bit", RUSSIAN.encode("koi8-r"),
    )
    write(
        "tr-raw-header-letters",
        head(("@NAME@", ELIF), "@SUBJECT@", 8, MARCH)
        .encode()
        .replace(b"@NAME@", "Elif Yıldız".encode("windows-1254"))
        .replace(b"@SUBJECT@", "Kırık karo, değişim isteği".encode("windows-1254")),
        f"Content-Type: text/plain; charset=windows-1254{CRLF}Content-Transfer-Encoding: 8bit{CRLF}{CRLF}",
        TURKISH.encode("windows-1254"),
    )
    simple(
        "en-plain",
        ("John Smith", "john.smith@example.net"),
        "Cracked tiles, lot GG-7741",
        9, "us-ascii", "8bit",
        b"Dear Sirs,\r\n\r\nthree boxes of the tiles were cracked when they arrived, and nobody answers my calls.\r\n\r\nJohn Smith\r\n",
    )


HTML = """<html xmlns:v="urn:schemas-microsoft-com:vml"><head><meta http-equiv=Content-Type content="text/html; charset=utf-8">
<style><!--
p.MsoNormal {margin:0cm; font-family:"Calibri",sans-serif}
--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit"/></xml><![endif]--></head>
<body lang=TR link="#0563C1"><div class=WordSection1>
<p class=MsoNormal>Sayın yetkili,<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoNormal>Kalorifer vanas&#305;ndan su s&#x131;z&#305;yor &#8211; &quot;conta&quot; de&#287;i&#351;ti, yine ak&#305;t&#305;yor. Fatura&nbsp;no: A&amp;B 12 &lt; 13.<br>
Bilgi bekliyorum &uuml;&ccedil; g&uuml;nd&uuml;r.</p>
<table border=0><tr><td>Lot</td><td>VN-204</td></tr></table>
<script>document.write("gizli");</script>
</div></body></html>
"""


def structures():
    elif_ = (words("Elif Yıldız", "utf-8", "Q"), ELIF)
    write(
        "html-only",
        head(elif_, words("Vana akıtıyor", "utf-8", "B"), 20, MARCH),
        f'Content-Type: text/html; charset="utf-8"{CRLF}Content-Transfer-Encoding: quoted-printable{CRLF}{CRLF}',
        qp(HTML.encode("utf-8")), CRLF,
    )
    write(
        "nested",
        head(elif_, words("Fotoğraflar ekte", "utf-8", "B"), 21, MARCH),
        f'Content-Type: multipart/mixed;{CRLF}\tboundary="----=_Part_1"{CRLF}{CRLF}This is a multi-part message in MIME format.{CRLF}{CRLF}',
        f'------=_Part_1{CRLF}Content-Type: multipart/related; boundary="rel_2"; type="multipart/alternative"{CRLF}{CRLF}',
        f'--rel_2{CRLF}Content-Type: multipart/alternative; boundary="alt=3"{CRLF}{CRLF}',
        f"--alt=3{CRLF}Content-Type: text/plain; charset=UTF-8; format=flowed{CRLF}Content-Transfer-Encoding: 8bit{CRLF}{CRLF}",
        "Karoların fotoğrafları ektedir; ikisi köşeden kırık.\r\n".encode(),
        f"--alt=3{CRLF}Content-Type: text/html; charset=UTF-8{CRLF}Content-Transfer-Encoding: 8bit{CRLF}{CRLF}",
        '<p>Karoların <b>fotoğrafları</b> ektedir; ikisi köşeden kırık.</p><img src="cid:p1"><img src="cid:dot">\r\n'.encode(),
        f"--alt=3--{CRLF}",
        f'--rel_2{CRLF}Content-Type: image/png; name="image001.png"{CRLF}Content-ID: <p1>{CRLF}Content-Transfer-Encoding: base64{CRLF}Content-Disposition: inline{CRLF}{CRLF}',
        b64(png(64)), CRLF,
        f"--rel_2{CRLF}Content-Type: image/gif{CRLF}Content-ID: <dot>{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}",
        b64(ICON), CRLF,
        f"--rel_2--{CRLF}",
        f"------=_Part_1{CRLF}Content-Type: application/pdf{CRLF}Content-Transfer-Encoding: base64{CRLF}",
        f"Content-Disposition: attachment;{CRLF} filename*0*=UTF-8''Fatura%20%C3%BC;{CRLF} filename*1*=r%C3%BCn%20%C5%9Fubat.pdf{CRLF}{CRLF}",
        b64(PDF), CRLF,
        f'------=_Part_1{CRLF}Content-Type: image/jpeg; name="{words("kırık köşe.jpg", "utf-8", "B")}"{CRLF}Content-Transfer-Encoding: base64{CRLF}',
        f'Content-Disposition: attachment; filename="{words("kırık köşe.jpg", "utf-8", "B")}"{CRLF}{CRLF}',
        b64(JPEG), CRLF,
        f"------=_Part_1--{CRLF}",
    )
    inner = (
        f"From: Bayi <bayi@example.com>{CRLF}To: {ELIF}{CRLF}Subject: Cevap{CRLF}Date: Mon, 2 Mar 2026 09:00:00 +0300{CRLF}"
        f"Content-Type: text/plain; charset=utf-8{CRLF}{CRLF}Ureticiye yazin.{CRLF}"
    )
    write(
        "forwarded-as-file",
        head(elif_, "Bayinin cevabi", 22, MARCH),
        f"Content-Type: multipart/mixed; boundary=fwd{CRLF}{CRLF}",
        f"--fwd{CRLF}Content-Type: text/plain; charset=utf-8{CRLF}{CRLF}Bayinin bana yazdigi mektup ektedir, karolar hala kirik.{CRLF}",
        f"--fwd{CRLF}Content-Type: message/rfc822{CRLF}Content-Disposition: attachment; filename=cevap.eml{CRLF}{CRLF}{inner}{CRLF}--fwd--{CRLF}",
    )
    write(
        "text-picture-text",
        head(("John Smith", "john.smith@example.net"), "Photos", 23, MARCH),
        f"Content-Type: multipart/mixed; boundary=Apple-Mail-1{CRLF}{CRLF}",
        f"--Apple-Mail-1{CRLF}Content-Transfer-Encoding: 7bit{CRLF}Content-Type: text/plain; charset=us-ascii{CRLF}{CRLF}This is the first box:{CRLF}{CRLF}",
        f"--Apple-Mail-1{CRLF}Content-Disposition: inline; filename=IMG_0001.PNG{CRLF}Content-Type: image/png; name=IMG_0001.PNG{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}",
        b64(png(48)), CRLF,
        f"--Apple-Mail-1{CRLF}Content-Transfer-Encoding: 7bit{CRLF}Content-Type: text/plain; charset=us-ascii{CRLF}{CRLF}and the other two were no better.{CRLF}{CRLF}",
        f"--Apple-Mail-1--{CRLF}",
    )


def broken():
    elif_ = ("Elif Yildiz", ELIF)
    write(
        "no-boundary",
        head(elif_, "Kirik karo", 40, MARCH),
        f"Content-Type: multipart/mixed{CRLF}{CRLF}",
        f"--_xyz_{CRLF}Content-Type: text/plain; charset=utf-8{CRLF}Content-Transfer-Encoding: quoted-printable{CRLF}{CRLF}",
        qp("Karoların köşesi kırık, değişim istiyorum.\r\n".encode()),
        f"{CRLF}--_xyz_{CRLF}Content-Type: image/png{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}", b64(png(64)), f"{CRLF}--_xyz_--{CRLF}",
    )
    whole = b64(JPEG)
    write(
        "cut-off",
        head(elif_, "Fotograf", 41, MARCH),
        f"Content-Type: multipart/mixed; boundary=cut{CRLF}{CRLF}",
        f"--cut{CRLF}Content-Type: text/plain; charset=utf-8{CRLF}{CRLF}Fotograf ektedir, karo kirik.{CRLF}",
        f"--cut{CRLF}Content-Type: image/jpeg; name=karo.jpg{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}",
        whole[: len(whole) * 2 // 3 + 1],
    )
    write(
        "nul-bytes",
        head(elif_, "Karo @NUL@ kirik", 42, MARCH).encode().replace(b"@NUL@", b"\0\0"),
        f"Content-Type: text/plain{CRLF}{CRLF}",
        b"Karo\0 ikinci\0\0 gun catladi, degisim istiyorum.\r\n",
    )
    write(
        "no-sender",
        f"Received: from a by imap.firma.example with ESMTP id 1; {MARCH[0]}{CRLF}Subject: Karo{CRLF}{CRLF}",
        f"Adresim yok ama karo kirik geldi ve bir cevap bekliyorum.{CRLF}",
    )
    write("bare-line-ends", b"From: Elif <elif.yildiz@example.net>\nSubject: Karo\nContent-Type: text/plain\n\nBir karo kirik.\n")


def machines():
    write(
        "bounce",
        f"Return-Path: <>{CRLF}Received: by imap.firma.example (Postfix) id 1; {MARCH[0]}{CRLF}"
        f"Date: {MARCH[1]}{CRLF}From: MAILER-DAEMON@imap.firma.example (Mail Delivery System){CRLF}"
        f"Subject: Undelivered Mail Returned to Sender{CRLF}To: sikayet@firma.example{CRLF}Auto-Submitted: auto-replied{CRLF}"
        f"Message-ID: <bounce.1@imap.firma.example>{CRLF}MIME-Version: 1.0{CRLF}"
        f"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b/1\"{CRLF}{CRLF}"
        f"--b/1{CRLF}Content-Type: text/plain{CRLF}{CRLF}The mail system{CRLF}{CRLF}<{ELIF}>: unknown user{CRLF}"
        f"--b/1{CRLF}Content-Type: message/delivery-status{CRLF}{CRLF}Reporting-MTA: dns; imap.firma.example{CRLF}{CRLF}Action: failed{CRLF}"
        f"--b/1{CRLF}Content-Type: message/rfc822{CRLF}{CRLF}Subject: 2026-000001{CRLF}{CRLF}x{CRLF}--b/1--{CRLF}",
    )
    write(
        "vacation",
        head((words("Elif Yıldız", "utf-8", "Q"), ELIF), words("Otomatik yanıt: 2026-000001", "utf-8", "B"), 61, MARCH,
             f"Auto-Submitted: auto-replied (vacation){CRLF}X-Autoreply: yes{CRLF}"),
        f"Content-Type: text/plain{CRLF}{CRLF}Izindeyim, 10 Mart'ta donecegim.{CRLF}",
    )
    write(
        "list",
        head(("Haberler", "haber@news.example.org"), "Bulten", 62, MARCH,
             f"List-Id: Haberler <haber.news.example.org>{CRLF}List-Unsubscribe: <mailto:x@news.example.org>{CRLF}Precedence: list{CRLF}"),
        f"Content-Type: text/plain{CRLF}{CRLF}Bu ayin kampanyalari.{CRLF}",
    )


def answers():
    quoted = (
        "2 Mar 2026 Pzt 17:40 tarihinde Müşteri Hizmetleri <sikayet@firma.example> şunu yazdı:\r\n\r\n"
        "> Sayın Elif Yıldız,\r\n> lot numarasını yazar mısınız?\r\n"
    )
    write(
        "answer",
        head((words("Elif Yıldız", "utf-8", "Q"), "Elif.Yildiz@example.net"), words("YNT: Şikâyet 2026-000001: sorumuz", "utf-8", "B"), 80, MARCH,
             f"In-Reply-To: <1.out@firma.example>{CRLF}References: <1.out@firma.example>{CRLF}"),
        f"Content-Type: multipart/mixed; boundary=ans{CRLF}{CRLF}",
        f"--ans{CRLF}Content-Type: text/plain; charset=utf-8{CRLF}Content-Transfer-Encoding: 8bit{CRLF}{CRLF}",
        ("Lot numarası GG-7741, kutu fotoğrafı ektedir.\r\n\r\n" + quoted).encode(),
        f"--ans{CRLF}Content-Type: image/png; name=kutu.png{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}", b64(png(56)), f"{CRLF}--ans--{CRLF}",
    )
    write(
        "answer-of-another",
        head(("Ali Kaya", "ali.kaya@example.org"), "Re: 2026-000001", 81, MARCH),
        f"Content-Type: multipart/mixed; boundary=oth{CRLF}{CRLF}",
        f"--oth{CRLF}Content-Type: text/plain; charset=utf-8{CRLF}{CRLF}Sikayetimi geri cekiyorum, kapatin.{CRLF}",
        f"--oth{CRLF}Content-Type: application/pdf; name=belge.pdf{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}", b64(PDF), f"{CRLF}--oth--{CRLF}",
    )


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for old in OUT.glob("*.eml"):
        old.unlink()
    letters()
    structures()
    broken()
    machines()
    answers()
    print(f"{len(list(OUT.glob('*.eml')))} mails in {OUT}")
