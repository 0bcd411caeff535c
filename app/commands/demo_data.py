"""The example platform in words.

Facts follow the public pages of the Integration Centre Prague; every person is made up.
"""

from __future__ import annotations

SERIES = (
    (
        "regional-advisory-platform",
        {"cs": "Regionální poradní platforma", "en": "Regional Advisory Platform"},
        {
            "cs": "Setkávají se tu všichni, kdo se v Praze věnují integraci cizinců.",
            "en": "Meetings of everybody who works on the integration of foreigners in Prague.",
        },
    ),
    (
        "municipal-districts",
        {"cs": "Platforma městských částí", "en": "Platform of municipal districts"},
        {
            "cs": "Zkušenosti a dobrá praxe městských částí.",
            "en": "Experience and good practice of the municipal districts.",
        },
    ),
    (
        "forum-of-migrants",
        {"cs": "Fórum migrantů", "en": "Forum of migrants"},
        {
            "cs": "Hlas těch, kterých se integrace týká.",
            "en": "The voice of those whom integration is about.",
        },
    ),
)

CONTACTS = (
    (
        {"cs": "metodička platformy", "en": "platform methodologist"},
        {"cs": "Regionální poradní platforma", "en": "Regional Advisory Platform"},
        "platforma@example.org",
    ),
    (
        {"cs": "specialistka síťování s městskými částmi", "en": "municipal district networking specialist"},
        {"cs": "Spolupráce s městskými částmi", "en": "Cooperation with municipal districts"},
        "mestske-casti@example.org",
    ),
    (
        {"cs": "specialistka síťování s neziskovými organizacemi", "en": "NGO networking specialist"},
        {"cs": "Spolupráce s neziskovým sektorem", "en": "Cooperation with NGOs"},
        "neziskovky@example.org",
    ),
)

ORGANISATIONS = (
    ("Magistrát hlavního města Prahy", "city"),
    ("Městská část Praha 3", "district"),
    ("Městská část Praha 5", "district"),
    ("Městská část Praha 11", "district"),
    ("Městská část Praha 14", "district"),
    ("Poradna pro cizince Most", "ngo"),
    ("Centrum Společně", "ngo"),
    ("Spolek Ukrajinek v Praze", "migrant_association"),
    ("Vietnamský kulturní dům", "migrant_association"),
    ("Úřad práce, krajská pobočka", "state"),
    ("Odbor azylové a migrační politiky", "state"),
    ("Základní škola U Parku", "school"),
    ("Gymnázium Na Stráni", "school"),
    ("Městská knihovna, pobočka Jih", "library"),
    ("Nemocnice U Mostu", "hospital"),
    ("Mezinárodní organizace pro návraty", "international"),
)

# In turn a woman's and a man's, in both lists, so that each pair is a name somebody could have.
FIRST_NAMES = (
    *("Jana", "Petr", "Olena", "Andrij", "Amira", "Jan", "Žofie", "Tomáš", "Mai"),
    *("Nam", "Kateřina", "Mehdi", "Fatima", "Martin", "Šárka", "Bohdan", "Iryna", "Dmytro"),
    *("Eva", "Karim", "Lucie", "Jakub", "Oksana", "Viktor", "Zuzana", "Pavel"),
)
LAST_NAMES = (
    *("Nováková", "Svoboda", "Ševčenková", "Kovalčuk", "Hassanová", "Rahmani", "Šťastná", "Dvořák", "Tran"),
    *("Nguyen", "Chalupová", "Ahmadi", "Žáková", "Říha", "Melnyková", "Bondarenko", "Černá", "Havel"),
    *("Hájková", "Lysenko", "Čechová", "Tkačenko", "Ďurišová", "Mansour", "Křížová", "Pham"),
)

# (minutes from the start, length, title, speakers; None for a break)
PROGRAMME: tuple[tuple[int, int, dict[str, str], dict[str, str] | None], ...] = (
    (
        0,
        25,
        {
            "cs": "Novinky z magistrátu a z integračního centra",
            "en": "News from the City Hall and the Centre",
        },
        {},
    ),
    (
        25,
        15,
        {
            "cs": "Projekt podpory přechodu do nájemního bydlení",
            "en": "A project that supports the move to renting",
        },
        {"cs": "koordinátorka projektu, nezisková organizace", "en": "project coordinator, NGO"},
    ),
    (
        40,
        40,
        {"cs": "Výsledky šetření mezi uprchlíky", "en": "Results of a survey among refugees"},
        {"cs": "výzkumnice z univerzity", "en": "researcher, university"},
    ),
    (80, 25, {"cs": "Přestávka", "en": "Break"}, None),
    (
        105,
        75,
        {"cs": "Panelová diskuse", "en": "Panel discussion"},
        {
            "cs": "zástupci ministerstva, úřadu práce a městských částí",
            "en": "representatives of the ministry, the labour office and the districts",
        },
    ),
)

HALL = {
    "venue": {"cs": "Sál architektů, Staroměstská radnice", "en": "Architects' Hall, Old Town Hall"},
    "address": "Staroměstské nám. 1/3, 110 00 Praha 1",
    "access_notes": {
        "cs": "Bezbariérový vstup z náměstí, výtah do 4. patra. Metro A, Staroměstská.",
        "en": "Step-free entrance from the square, lift to the 4th floor. Metro A, Staroměstská.",
    },
    "latitude": 50.08699,
    "longitude": 14.42079,
}
OFFICE = {
    "venue": {
        "cs": "Integrační centrum Praha, zasedací místnost",
        "en": "Integration Centre Prague, meeting room",
    },
    "address": "Žitná 1574/51, 110 00 Praha 1",
    "access_notes": {"cs": "Výtah, tramvaj Štěpánská.", "en": "Lift, tram stop Štěpánská."},
    "latitude": 50.07673,
    "longitude": 14.42711,
}
NOTE = {
    "cs": "Jednáme česky, podle zájmu tlumočíme do ukrajinštiny.",
    "en": "Held in Czech, interpreting into Ukrainian on request.",
}

# (days from the first day of the example, series, number, title, summary, what differs from an ordinary meeting)
MEETINGS = (
    (
        14,
        0,
        65,
        {"cs": "Bydlení a přechod do nájmů", "en": "Housing and the move to renting"},
        {
            "cs": "Jak lidem s dočasnou ochranou pomoci z ubytoven do běžných nájmů: zkušenosti, nová data "
            "a debata s úřady.",
            "en": "How to help people with temporary protection from hostels to ordinary rents: experience, new data, "
            "and a debate with the authorities.",
        },
        {**HALL, "format": "hybrid", "capacity": 180, "online_capacity": 200},
    ),
    (
        28,
        1,
        12,
        {"cs": "Předškolní děti a školky", "en": "Pre-school children and nursery schools"},
        {
            "cs": "Dobrá praxe městských částí při zápisech a adaptaci dětí s odlišným mateřským jazykem.",
            "en": "Good practice of the districts in enrolling and settling children with another first language.",
        },
        {**OFFICE, "format": "in_person", "capacity": 14},
    ),
    (
        42,
        2,
        4,
        {"cs": "Co chceme říct městu", "en": "What we want to tell the city"},
        {
            "cs": "Otevřené fórum o akčním plánu na příští rok. Koná se online.",
            "en": "An open forum on the action plan for next year. Takes place online.",
        },
        {
            "format": "online",
            "online_capacity": None,
            "online_url": "https://meet.example.org/forum",
            "later": 20,
        },
    ),
    (
        49,
        1,
        13,
        {"cs": "Knihovny a komunitní centra", "en": "Libraries and community centres"},
        {"cs": "Setkání se přesouvá na podzim.", "en": "The meeting moves to autumn."},
        {**OFFICE, "format": "in_person", "capacity": 30, "off": True},
    ),
    (
        63,
        0,
        66,
        {"cs": "Akční plán: první návrh", "en": "Action plan: a first draft"},
        {"cs": "Program připravujeme.", "en": "The programme is being prepared."},
        {**HALL, "format": "in_person", "capacity": 110, "draft": True},
    ),
    (
        -70,
        0,
        64,
        {"cs": "Čeština pro dospělé", "en": "Czech for adults"},
        {
            "cs": "Kurzy, jejich dostupnost a zkoušky: co funguje a co chybí.",
            "en": "Courses, how to get to them, and exams: what works and what is missing.",
        },
        {**HALL, "format": "in_person", "capacity": 110},
    ),
    (
        -133,
        0,
        63,
        {"cs": "Situace uprchlíků z Ukrajiny", "en": "The situation of refugees from Ukraine"},
        {
            "cs": "Novinky, data z výzkumu a panelová diskuse.",
            "en": "News, research data and a panel discussion.",
        },
        {**HALL, "format": "in_person", "capacity": 110},
    ),
    (
        -196,
        0,
        62,
        {"cs": "SWOT analýza integrace v Praze", "en": "A SWOT analysis of integration in Prague"},
        {
            "cs": "Silné a slabé stránky, společná práce u stolů.",
            "en": "Strengths and weaknesses, work at the tables.",
        },
        {**HALL, "format": "in_person", "capacity": 110},
    ),
)
