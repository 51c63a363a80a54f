// Who complains in the stories, in each language: what they enter, and what the desk answers them.

export const PEOPLE = {
  tr: {
    name: 'Ayşe Yıldız',
    phone: '+90 532 111 22 33',
    email: 'ayse.yildiz@example.org',
    place: 'Kadıköy, İstanbul',
    text: 'Dış cepheye sürdüğüm boya üç ayda kabardı ve dökülmeye başladı.\nKuzeye bakan duvarda avuç içi kadar parçalar kalktı; usta altındaki yüzeyin kuru olduğunu söyledi.',
    product: 'Silikonlu dış cephe boyası, 15 litre',
    otherProduct: 'Silikonlu dış cephe boyası, 7,5 litre',
    lot: 'K30-0417',
    order: 'FT-2026-88121',
    seller: 'Yıldız Yapı Market, Kadıköy',
    wish: 'Duvarın yeniden boyanmasını istiyorum.',
    question: 'Lütfen duvarın yakından çekilmiş iki fotoğrafını gönderir misiniz?',
    reply: 'Fotoğrafları bugün öğle saatlerinde çektim; lekeler köşeden başlıyor.',
    decision: 'Numunenizi inceledik: üründe üretim hatası var. Size aynı üründen yeni bir parti göndereceğiz.',
    alternative: 'Şikâyetinizi yeniden inceledik. Ürünün bedelini ve işçiliğin yarısını size geri ödeyeceğiz.',
    objection: 'Yeni boya tek başına yetmez, işçiliği de ödedim.',
    secondObjection: 'İşçiliğin tamamı karşılanmadıkça kabul etmiyorum.',
    note: 'Müşteri telefonla arandı; evde olduğu günleri söyledi.',
    remark: 'Bana sorulmadan önce bir kez aransaydım iyi olurdu.',
  },
  ru: {
    name: 'Мария Петрова',
    phone: '+7 495 123 45 67',
    email: 'm.petrova@example.org',
    place: 'Казань, улица Баумана',
    text: 'Краска, которой я покрыла фасад, через три месяца вздулась и начала осыпаться.\nНа северной стене отстают куски размером с ладонь; мастер говорит, что основание было сухим.',
    product: 'Силиконовая фасадная краска, 15 литров',
    otherProduct: 'Силиконовая фасадная краска, 7,5 литра',
    lot: 'K30-0417',
    order: 'СЧ-2026-88121',
    seller: 'Магазин «Мастер», Казань',
    wish: 'Прошу заново покрасить стену.',
    question: 'Пришлите, пожалуйста, две фотографии стены с близкого расстояния.',
    reply: 'Фотографии сделаны сегодня днём; пятна начинаются от угла.',
    decision: 'Мы исследовали образец: в краске производственный брак. Мы отправим вам такой же товар из другой партии.',
    alternative: 'Мы рассмотрели жалобу повторно. Мы вернём вам стоимость краски и половину стоимости работ.',
    objection: 'Одной новой краски мало: за работу я тоже заплатила.',
    secondObjection: 'Не согласна, пока не возмещена вся работа.',
    note: 'Клиентке позвонили; она назвала дни, когда бывает дома.',
    remark: 'Хорошо бы сначала позвонить.',
  },
  en: {
    name: 'Margaret Hill',
    phone: '+44 20 7946 0018',
    email: 'margaret.hill@example.org',
    place: 'Leeds, north side of the house',
    text: 'The masonry paint that I put on three months ago has blistered and is coming off.\nOn the north wall pieces as large as a hand have lifted; the painter says that the wall below was dry.',
    product: 'Silicone masonry paint, 15 litres',
    otherProduct: 'Silicone masonry paint, 7.5 litres',
    lot: 'K30-0417',
    order: 'INV-2026-88121',
    seller: 'Hill Hardware, Leeds',
    wish: 'I want the wall to be painted again.',
    question: 'Could you send us two photographs of the wall, taken from near by?',
    reply: 'I took the photographs today at noon; the stains begin at the corner.',
    decision: 'We examined your sample: the paint has a fault of production. We shall send you the same product of another lot.',
    alternative: 'We examined your complaint again. We shall pay back the paint and one half of the work.',
    objection: 'New paint alone is not enough, I paid for the work too.',
    secondObjection: 'I do not accept it as long as the work is not paid in full.',
    note: 'The customer was called; she named the days on which she is at home.',
    remark: 'I should have liked a call first.',
  },
};

/** A telephone for each story, so that no two complaints are of one person. */
export function person(language, story) {
  const own = PEOPLE[language];
  const mark = [...story].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9000, 7) + 1000;
  return { ...own, phone: own.phone.replace(/\d\d \d\d$|\d{4}$/, (end) => (end.includes(' ') ? `${String(mark).slice(0, 2)} ${String(mark).slice(2)}` : String(mark))) };
}
