//! Where anybody can open a mailbox, so that an address there says nothing of an employer.
//!
//! Free providers, those that come with a telephone or cable line, and those that forget what they get after minutes. A
//! list of names cannot be whole: the operator adds to it.

use std::collections::BTreeSet;

use crate::company::Domain;

/// The providers that are known, and those that the operator adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FreeMail {
    more: BTreeSet<String>,
}

impl FreeMail {
    /// The known providers, and these.
    pub fn with(more: impl IntoIterator<Item = Domain>) -> FreeMail {
        FreeMail { more: more.into_iter().map(|domain| domain.to_string()).collect() }
    }

    /// Whether a domain is a provider's, or below one.
    pub fn has(&self, domain: &Domain) -> bool {
        let mut rest = domain.as_str();
        loop {
            if PROVIDERS.binary_search(&rest).is_ok() || self.more.contains(rest) {
                return true;
            }
            match rest.split_once('.') {
                Some((_, parent)) => rest = parent,
                None => break,
            }
        }
        // Providers that have a domain in every country.
        let registered = domain.registrable();
        let name = registered.as_ref().and_then(|domain| domain.as_str().split('.').next());
        name.is_some_and(|name| IN_EVERY_COUNTRY.binary_search(&name).is_ok())
    }
}

/// The names under which providers have registered domains in many countries; sorted.
#[rustfmt::skip]
const IN_EVERY_COUNTRY: &[&str] = &[
    "aol", "fastmail", "gmx", "googlemail", "hotmail", "hushmail", "mailinator", "msn", "outlook", "protonmail", "rocketmail", "tutanota", "yahoo", "yandex", "ymail",
];

/// The other providers' domains; sorted.
#[rustfmt::skip]
const PROVIDERS: &[&str] = &[
    "012.net.il", "10minutemail.com", "126.com", "139.com", "163.com", "188.com", "189.cn", "1und1.de", "21cn.com",
    "263.net", "a1.net", "abv.bg", "alice.it", "aliceadsl.fr", "aliyun.com", "ameritech.net", "anonaddy.com",
    "anonaddy.me", "aon.at", "apollo.lv", "arcor.de", "aruba.it", "asia.com", "atlas.cz", "att.net", "au.com",
    "autograf.pl", "autorambler.ru", "azet.sk", "bbox.fr", "belgacom.net", "bell.net", "bellsouth.net",
    "bezeqint.net", "bigfoot.com", "biglobe.ne.jp", "bigmir.net", "bigpond.com", "bigpond.net.au", "bk.ru", "blu.it",
    "bluewin.ch", "blueyonder.co.uk", "bol.com.br", "bredband.net", "broadpark.no", "btinternet.com",
    "btopenworld.com", "cableone.net", "care2.com", "casema.nl", "cegetel.net", "centrum.cz", "centrum.sk",
    "centurylink.net", "charter.net", "cheerful.com", "chello.at", "chello.nl", "citromail.hu", "clix.pt",
    "club-internet.fr", "cogeco.ca", "comcast.net", "comhem.se", "consultant.com", "contractor.net", "cox.net",
    "cs.com", "ctemplar.com", "daum.net", "dir.bg", "discard.email", "dispostable.com", "disroot.org", "docomo.ne.jp",
    "dodo.com.au", "dr.com", "dreamwiz.com", "duck.com", "earthlink.net", "eastlink.ca", "eircom.net", "elisanet.fi",
    "email.com", "email.cz", "email.de", "email.it", "emailondeck.com", "embarqmail.com", "engineer.com",
    "europe.com", "excite.co.jp", "excite.com", "ezweb.ne.jp", "fakeinbox.com", "fastwebnet.it", "foxmail.com",
    "free.fr", "freemail.hu", "freenet.de", "freeserve.co.uk", "frontier.com", "frontiernet.net", "gawab.com",
    "gazeta.pl", "getmail.no", "getnada.com", "globo.com", "globomail.com", "gmail.com", "go2.pl", "goo.jp",
    "google-mail.com", "guerrillamail.com", "guerrillamail.net", "guerrillamail.org", "hanmail.net", "hetnet.nl",
    "hey.com", "hinet.net", "hispeed.ch", "hknet.com", "home.nl", "home.se", "hush.com", "i.softbank.jp", "i.ua",
    "icloud.com", "ig.com.br", "iinet.net.au", "in.com", "in.gr", "iname.com", "inbox.com", "inbox.lv", "inbox.ru",
    "indamail.hu", "indiatimes.com", "infoseek.jp", "interia.eu", "interia.pl", "internet.ru", "internode.on.net",
    "inwind.it", "iol.it", "iol.pt", "jubii.dk", "juno.com", "kabelmail.de", "kakao.com", "keemail.me",
    "kolabnow.com", "kolumbus.fi", "korea.com", "kpnmail.nl", "laposte.net", "lavabit.com", "lenta.ru", "libero.it",
    "list.ru", "live.at", "live.be", "live.ca", "live.cn", "live.co.uk", "live.co.za", "live.com", "live.com.ar",
    "live.com.au", "live.com.mx", "live.com.my", "live.com.pt", "live.com.sg", "live.de", "live.dk", "live.fr",
    "live.ie", "live.in", "live.it", "live.jp", "live.nl", "live.no", "live.ru", "live.se", "livemail.tw",
    "luukku.com", "lycos.com", "mac.com", "magenta.de", "mail.bg", "mail.com", "mail.dk", "mail.ru", "mail2world.com",
    "mailbox.de", "mailbox.org", "mailcatch.com", "maildrop.cc", "mailfence.com", "mailnesia.com", "me.com",
    "mediacombb.net", "meta.ua", "mindspring.com", "mintemail.com", "moakt.com", "mohmal.com", "movistar.es",
    "mozmail.com", "mts.net", "mweb.co.za", "mynet.com", "myrambler.ru", "myself.com", "narod.ru", "nate.com",
    "naver.com", "netcabo.pt", "netscape.net", "netvigator.com", "netvision.net.il", "netzero.com", "netzero.net",
    "neuf.fr", "nifty.com", "ntlworld.com", "numericable.fr", "o2.co.uk", "o2.pl", "o2online.de", "ocn.ne.jp",
    "ofir.dk", "oi.com.br", "onet.eu", "onet.pl", "online.de", "online.no", "ono.com", "op.pl", "optimum.net",
    "optonline.net", "optusnet.com.au", "orange.fr", "otenet.gr", "ozemail.com.au", "pacbell.net", "pacific.net.sg",
    "passport.com", "pchome.com.tw", "peoplepc.com", "planet.nl", "plus.com", "plusnet.com", "pm.me", "pobox.sk",
    "poczta.fm", "poczta.onet.pl", "post.com", "post.cz", "post.sk", "poste.it", "posteo.de", "posteo.net",
    "pp.inet.fi", "privaterelay.appleid.com", "prodigy.net.mx", "proton.me", "proximus.be", "q.com", "qq.com",
    "quick.cz", "quicknet.nl", "r7.com", "rambler.ru", "rcn.com", "rediff.com", "rediffmail.com", "riseup.net",
    "ro.ru", "roadrunner.com", "rogers.com", "rr.com", "runbox.com", "sapo.pt", "sbcglobal.net", "scarlet.be",
    "seed.net.tw", "sent.com", "seznam.cz", "sfr.fr", "sharklasers.com", "shaw.ca", "sify.com", "simplelogin.com",
    "sina.cn", "sina.com", "singnet.com.sg", "skiff.com", "sky.com", "skynet.be", "so-net.ne.jp", "softbank.ne.jp",
    "sohu.com", "spamgourmet.com", "spectrum.net", "spray.se", "starhub.net.sg", "startmail.com", "stofanet.dk",
    "suddenlink.net", "sunrise.ch", "suomi24.fi", "supanet.com", "superonline.com", "swbell.net", "sympatico.ca",
    "t-online.de", "t-online.hu", "talk21.com", "talktalk.net", "tds.net", "techie.com", "tele2.se", "telefonica.net",
    "telenet.be", "telia.com", "telkomsa.net", "telus.net", "temp-mail.org", "tempmail.com", "tempmailo.com",
    "terra.com.br", "terra.es", "throwawaymail.com", "tim.it", "tin.it", "tiscali.co.uk", "tiscali.it", "tlen.pl",
    "tom.com", "tpg.com.au", "trashmail.com", "trashmail.de", "ttmail.com", "tut.by", "tuta.com", "tuta.io",
    "tutamail.com", "twc.com", "ukr.net", "unity-mail.de", "uol.com.br", "upcmail.nl", "usa.com",
    "users.noreply.github.com", "verizon.net", "videotron.ca", "viettel.vn", "vip.qq.com", "vipmail.hu",
    "virgilio.it", "virgin.net", "virginmedia.com", "vodafone.de", "vodamail.co.za", "voila.fr", "volny.cz", "vp.pl",
    "walla.co.il", "walla.com", "wanadoo.fr", "web.de", "westnet.com.au", "windowslive.com", "windstream.net",
    "wmconnect.com", "wo.cn", "workmail.com", "wowway.com", "wp.pl", "writeme.com", "xs4all.nl", "xtra.co.nz",
    "ya.ru", "yeah.net", "yopmail.com", "yopmail.fr", "ziggo.nl", "zipmail.com.br", "zoho.com", "zohomail.com",
    "zohomail.eu", "zohomail.in", "zoznam.sk",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    #[test]
    fn the_lists_are_sorted_and_hold_domains() {
        assert!(PROVIDERS.is_sorted_by(|one, other| one < other) && IN_EVERY_COUNTRY.is_sorted());
        for provider in PROVIDERS {
            assert_eq!(domain(provider).as_str(), *provider);
        }
    }

    #[test]
    fn a_provider_is_known_in_every_country_and_below_its_domain() {
        let known = FreeMail::default();
        for provider in
            ["gmail.com", "yahoo.com.br", "hotmail.fr", "gmx.net", "mail.yandex.ru", "vip.qq.com", "mail.t-online.de"]
        {
            assert!(known.has(&domain(provider)), "{provider}");
        }
        for company in
            ["acme.com", "yahoo.acme.com", "notgmail.com", "gmail.com.acme.test", "appleid.com", "github.com"]
        {
            assert!(!known.has(&domain(company)), "{company}");
        }
    }

    #[test]
    fn the_operator_adds_providers() {
        let known = FreeMail::with([domain("mail.example")]);
        assert!(known.has(&domain("mail.example")) && known.has(&domain("x.mail.example")));
        assert!(!known.has(&domain("other.example")) && known.has(&domain("gmail.com")));
    }
}
