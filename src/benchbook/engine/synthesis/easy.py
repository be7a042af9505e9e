"""Short texts that say a few things once, each in plain words."""

from datetime import timedelta

from benchbook.engine.synthesis import documents as form
from benchbook.engine.synthesis.documents import Document, Genre, document
from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.vocabulary import (
    CURRENCIES,
    GOODS,
    ROLES,
    STREETS,
    TOWNS,
    address,
    code,
    day,
    firm,
    mail,
    people,
    person,
    phone,
)
from benchbook.engine.synthesis.writing import amount, dated

_EVENTS = [
    "beginners' bookbinding workshop",
    "bicycle repair evening",
    "choir rehearsal",
    "city archive tour",
    "coding club",
    "film night",
    "flea market",
    "garden open day",
    "history lecture",
    "jazz concert",
    "language exchange",
    "model railway fair",
    "mushroom walk",
    "night market",
    "poetry reading",
    "pottery course",
    "puppet show",
    "repair café",
    "science slam",
    "seed swap",
    "chess tournament",
]
_PLACES = [
    "town hall",
    "old customs house",
    "community centre",
    "main library",
    "boathouse",
    "parish hall",
    "art school",
    "tram depot",
]
_KEPT = [
    "black umbrella with a wooden handle",
    "blue school satchel",
    "brown leather wallet",
    "child's red mitten",
    "folding bicycle",
    "grey felt hat",
    "guitar in a soft case",
    "pair of reading glasses",
    "silver bracelet",
    "silver fountain pen",
    "striped woollen scarf",
    "tablet in a green sleeve",
    "tin lunch box",
    "travel chess set",
    "violin bow",
    "white baseball cap",
    "yellow raincoat",
]
_FOUND = [
    "on the upper deck of bus 12",
    "in waiting room B",
    "beside the ticket machine",
    "in the quiet carriage",
    "under a bench in hall 3",
    "at the cloakroom counter",
    "on platform 4",
    "in the lift by the east entrance",
    "on a window sill of the café",
]
_COLOURS = ["anthracite", "ivory", "moss green", "navy", "oxide red", "sand", "silver", "teal", "walnut", "white"]
_WARRANTY = (12, 18, 24, 36, 60)


def event(draws: Draws) -> Document:
    """An announcement."""
    what, where, town = draws.pick(_EVENTS), draws.pick(_PLACES), draws.pick(TOWNS)[0]
    when, hour, minute = day(draws, 2024), draws.between(9, 20), draws.pick((0, 15, 30, 45))
    fee, host = draws.between(3, 45), person(draws)
    start, at = f"{hour:02}:{minute:02}", dated(draws, when)
    body = draws.pick(
        (
            f"Join us for the {what} at the {where} in {town}! We start at {start} on {at}. Tickets cost {fee} euros at "
            f"the door, and {host} will be your host for the day.",
            f"NEXT UP: {what.upper()}\n\nWhere   {where}, {town}\nWhen    {at}, {start}\nEntry   €{fee}\nHost    {host}\n\n"
            "Bring a friend and something warm to wear.",
            f"Dear neighbours,\n\n{host} has kindly agreed to host this season's {what}. It takes place on {at} in the "
            f"{where} of {town}, and the doors open at {start} sharp. Admission is {fee} EUR.\n\nYour committee",
            f"{host} invites you: {what}, {at}, {start} o'clock, {where} ({town}). We ask for {fee} euros towards costs.",
        )
    )
    return document(
        "announcement", body,
        ("event", form.text("what takes place, as named in the text, in small letters"), what),
        ("town", form.text(), town),
        ("date", form.day(), when.isoformat()),
        ("start", form.clock(), start),
        ("fee_eur", form.whole(), fee),
        ("host", form.text("full name"), host),
    )  # fmt: skip


def listing(draws: Draws) -> Document:
    """A product that is for sale."""
    name, maker, colour = draws.pick(GOODS), firm(draws), draws.pick(_COLOURS)
    (currency, sign), cents = draws.pick(CURRENCIES), draws.between(899, 38999)
    months, stock, sku = draws.pick(_WARRANTY), draws.between(2, 240), code(draws, draws.pick(("SKU-", "A", "REF ")), 6)
    price = f"{sign}{amount(cents)}"
    intro = draws.pick(("Built to last.", "A favourite of our customers.", "New this season.", "Back in stock."))
    body = draws.pick(
        (
            f"{name} by {maker}, {colour}\n{price} incl. VAT | Article {sku} | {months} months' warranty\n{intro} "
            f"{stock} pieces ready to ship.",
            f"{intro} This {name} from {maker} comes in {colour} and carries a warranty of {months} months. It sells for "
            f"{price} (article number {sku}); at the moment there are {stock} in our warehouse.",
            f"* Product: {name}\n* Maker: {maker}\n* Colour: {colour}\n* Price: {price}\n* Article no.: {sku}\n"
            f"* In stock: {stock}\n* Warranty: {months} months\n\n{intro}",
        )
    )
    return document(
        "product listing", body,
        ("product", form.text("as named in the text, without maker and colour"), name),
        ("maker", form.text("full company name"), maker),
        ("colour", form.text(), colour),
        ("price", form.number(), cents / 100),
        ("currency", form.choice(*(each for each, _ in CURRENCIES)), currency),
        ("article_number", form.text("as written"), sku),
        ("stock", form.whole("pieces"), stock),
        ("warranty_months", form.whole(), months),
    )  # fmt: skip


def vacancy(draws: Draws) -> Document:
    """A job advertisement."""
    role, company, town = draws.pick(ROLES), firm(draws), draws.pick(TOWNS)
    hours, closing, reference = draws.pick((20, 24, 30, 32, 35, 40)), day(draws, 2025), code(draws, "J-", 4)
    name = person(draws)
    years, at = draws.between(2, 9), dated(draws, closing)
    body = draws.pick(
        (
            f"{company} is looking for a {role} at its {town[0]} site ({hours} hours a week). You bring at least {years} "
            f"years of experience. Send your application, quoting {reference}, to {mail(name, company)} by {at}.",
            f"WE ARE HIRING\n{role.capitalize()} · {town[0]}, {town[1]} · {hours} h/week\n\nExperience: {years}+ years\n"
            f"Apply by: {at}\nReference: {reference}\nContact: {mail(name, company)}\n\n{company}",
            f"To strengthen our team in {town[0]} we seek a {role}. The post ({reference}) comprises {hours} hours a week; "
            f"{years} years in a comparable position are the minimum. {name} at {company} awaits your letter until "
            f"{at}: {mail(name, company)}.",
        )
    )
    return document(
        "job advertisement", body,
        ("role", form.text("in small letters"), role),
        ("employer", form.text("full company name"), company),
        ("town", form.text(), town[0]),
        ("hours_per_week", form.whole(), hours),
        ("minimum_years_of_experience", form.whole(), years),
        ("apply_by", form.day(), closing.isoformat()),
        ("reference", form.text("as written"), reference),
        ("contact_email", form.text(), mail(name, company)),
    )  # fmt: skip


def letterhead(draws: Draws) -> Document:
    """A short message with the sender's particulars below."""
    (name, to), company, role = people(draws, 2), firm(draws), draws.pick(ROLES)
    town, country = draws.pick(TOWNS)
    street, number, floor = address(draws), phone(draws), draws.between(1, 9)
    matter = draws.pick(
        (
            "Thanks for the pleasant talk this morning; the samples are on their way.",
            "Please find our revised offer attached. Do call me if anything is unclear.",
            "I have moved to another desk; my new particulars are below.",
            "Could you return the signed form to me by the end of the week?",
        )
    )
    mailto = mail(name, company)
    signed = draws.pick(
        (
            f"{name}\n{role.capitalize()}\n{company}\n{street}, floor {floor}\n{town}, {country}\nT {number}\n{mailto}",
            f"{name} | {role} | {company}\n{street} (floor {floor}) | {town} | {country}\nphone {number} | {mailto}",
            f"-- \n{name}, {role}\n{company} - {street}, floor {floor}, {town} ({country})\nMail: {mailto}\nTel.: {number}",
        )
    )
    hello = draws.pick((f"Hello {to.split()[0]},", f"Dear {to},", f"Hi {to.split()[0]}!"))
    close = draws.pick(("Best wishes", "Kind regards", "Yours sincerely", "With thanks"))
    return document(
        "e-mail signature", f"{hello}\n\n{matter}\n\n{close}\n{signed}",
        ("name", form.text("of the sender"), name),
        ("role", form.text("in small letters"), role),
        ("company", form.text(), company),
        ("street", form.text("house number and street, without the floor"), street),
        ("floor", form.whole(), floor),
        ("town", form.text(), town),
        ("country", form.text(), country),
        ("phone", form.text("as written"), number),
        ("email", form.text(), mailto),
    )  # fmt: skip


def lost_property(draws: Draws) -> Document:
    """A slip of the lost property office."""
    thing, place, name = draws.pick(_KEPT), draws.pick(_FOUND), person(draws)
    found, slip, shelf = day(draws, 2023), code(draws, "LP", 5), f"{draws.pick('ABCDEFGH')}{draws.between(1, 40)}"
    weeks = draws.pick((4, 6, 8, 12))
    at = dated(draws, found)
    body = draws.pick(
        (
            f"Slip {slip}: a {thing}, found {place} on {at}. Handed in by {name}. Shelf {shelf}; kept for {weeks} weeks.",
            f"LOST PROPERTY OFFICE\nSlip no. {slip}\n\nItem:      {thing}\nFound:     {at}, {place}\nFinder:    {name}\n"
            f"Stored:    shelf {shelf}\nKept for:  {weeks} weeks",
            f"On {at} our visitor {name} found a {thing} {place} and left it with us. It has been put on shelf {shelf} "
            f"under the number {slip}. Unless the owner asks for it within {weeks} weeks, it goes to charity.",
        )
    )
    return document(
        "lost property", body,
        ("item", form.text("without an article"), thing),
        ("found_on", form.day(), found.isoformat()),
        ("finder", form.text("full name"), name),
        ("slip", form.text("the number of the slip, with its letters"), slip),
        ("shelf", form.text(), shelf),
        ("weeks_kept", form.whole(), weeks),
    )  # fmt: skip


def booking(draws: Draws) -> Document:
    """The confirmation of a stay."""
    name, (town, _), house = person(draws), draws.pick(TOWNS), f"Hotel {draws.pick(STREETS)}"
    arrival, nights, guests = day(draws, 2024), draws.between(1, 12), draws.between(1, 5)
    departure, number, breakfast = arrival + timedelta(days=nights), code(draws, "B", 7), draws.chance(0.5)
    room = draws.pick(("single room", "double room", "family suite", "attic studio", "twin room"))
    food = "with breakfast" if breakfast else "without breakfast"
    come, go = dated(draws, arrival), dated(draws, departure)
    body = draws.pick(
        (
            f"Dear {name},\n\nyour {room} at {house}, {town}, is booked for {guests} ({food}). Arrival: {come}. "
            f"Departure: {go}. Please quote {number} whenever you write to us.",
            f"BOOKING {number}\n{house} / {town}\nGuest: {name}\nParty of {guests}\nFrom: {come}\nTo: {go}\n"
            f"Room: {room}, {food}",
            f"{house} in {town} confirms: {room} {food}, party of {guests}, in the name of {name}, from {come} until {go} "
            f"(confirmation {number}).",
        )
    )
    return document(
        "booking", body,
        ("guest", form.text("full name"), name),
        ("hotel", form.text(), house),
        ("arrival", form.day(), arrival.isoformat()),
        ("departure", form.day(), departure.isoformat()),
        ("guests", form.whole(), guests),
        ("room", form.text("in small letters"), room),
        ("breakfast", form.truth(), breakfast),
        ("confirmation", form.text(), number),
    )  # fmt: skip


GENRES: tuple[Genre, ...] = (event, listing, vacancy, letterhead, lost_property, booking)
