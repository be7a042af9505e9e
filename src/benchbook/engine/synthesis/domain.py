"""Texts of a trade, in its own shorthand."""

from datetime import date, timedelta
from typing import Any

from benchbook.engine.synthesis import documents as form
from benchbook.engine.synthesis.documents import Document, Genre, document
from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.vocabulary import TOWNS, address, code, day, people
from benchbook.engine.synthesis.writing import amount, dated, ordinal, spelt, table

_DRUGS = (
    ("amlodipine", 5), ("atorvastatin", 20), ("furosemide", 40), ("gabapentin", 300), ("ibuprofen", 400),
    ("lamotrigine", 25), ("lisinopril", 10), ("metformin", 850), ("omeprazole", 20), ("prednisolone", 15),
    ("ramipril", 5), ("sertraline", 50),
)  # fmt: skip
_FREQUENCIES = (("o.d.", 1), ("b.i.d.", 2), ("t.i.d.", 3), ("q.i.d.", 4), ("q12h", 2), ("q8h", 3), ("q6h", 4))
_ALLERGIES = ["latex", "penicillin", "sulfonamides", "iodine contrast", "aspirin", "codeine"]
_COMPLAINTS = [
    "burning on urination",
    "chest tightness on exertion",
    "dizziness on standing",
    "dry cough at night",
    "epigastric pain",
    "headache behind the left eye",
    "itching of both forearms",
    "knee swelling",
    "low back pain",
    "palpitations",
    "shortness of breath",
    "sore throat",
    "swollen ankles",
]
_ANALYTES = (
    ("Haemoglobin", "g/dL", 120, 160, 1), ("Leucocytes", "10^9/L", 40, 100, 1), ("Platelets", "10^9/L", 150, 400, 0),
    ("Sodium", "mmol/L", 135, 145, 0), ("Potassium", "mmol/L", 35, 51, 1), ("Creatinine", "umol/L", 50, 105, 0),
    ("CRP", "mg/L", 0, 50, 1), ("Ferritin", "ng/mL", 15, 150, 0), ("TSH", "mU/L", 4, 40, 1), ("Calcium", "mmol/L", 21, 26, 1),
    ("Glucose, fasting", "mmol/L", 39, 56, 1), ("ALT", "U/L", 7, 45, 0),
)  # fmt: skip
_HOSTS = ["api", "auth", "cache", "cron", "edge", "gateway", "ledger", "mailer", "media", "search", "worker"]
_PATHS = [
    "/v1/carts",
    "/v1/export",
    "/v1/files",
    "/v1/login",
    "/v1/orders",
    "/v1/reports",
    "/v2/invoices",
    "/v2/search",
    "/v2/users",
    "/health",
]
_USES = [
    "a bakery",
    "a bicycle workshop",
    "a bookshop",
    "a dental practice",
    "a printing studio",
    "an office",
    "a tailor's shop",
    "a wine store",
]
_STATIONS = [
    "EDDF",
    "EFHK",
    "EGPD",
    "EHAM",
    "EIDW",
    "EKCH",
    "ENBR",
    "ESGG",
    "LEBL",
    "LFLL",
    "LGTS",
    "LIPZ",
    "LJLJ",
    "LPPR",
    "LQSA",
    "EVRA",
    "EYKA",
]
_PAYEES = [
    "Alder Dental",
    "Borough Council",
    "City Waterworks",
    "Corner Greengrocer",
    "Fernway Insurance",
    "Harbour Gym",
    "Hillside School",
    "Lantern Cinema",
    "Metro Transit",
    "North Energy",
    "Parkside Garage",
    "Riverbank Rent",
    "Sable Telecom",
    "Union Pharmacy",
]


def clinical_note(draws: Draws) -> Document:
    """A doctor's note."""
    doctor, chief = people(draws, 1)[0], draws.pick(_COMPLAINTS)
    seen, age, sex = day(draws, 2022), draws.between(19, 93), draws.pick("MF")
    record, days = code(draws, "MRN ", 7), draws.between(2, 20)
    upper, lower, pulse, warmth = (
        draws.between(98, 182),
        draws.between(54, 99),
        draws.between(48, 124),
        draws.between(361, 392),
    )
    saturation = draws.between(90, 100) if draws.chance(0.6) else None
    kept, stopped = draws.some(_DRUGS, draws.between(2, 4)), draws.chance(0.6)
    taken: list[dict[str, Any]] = []
    written = []
    for name, dose in kept[:-1] if stopped else kept:
        often, times = draws.pick(_FREQUENCIES)
        taken.append({"drug": name, "dose_mg": dose, "times_per_day": times})
        written.append(f"{name} {dose} mg {often}")
    if stopped:
        written.append(f"{kept[-1][0]} {kept[-1][1]} mg - d/c'd today")
    allergies = draws.some(_ALLERGIES, draws.between(0, 2))
    weeks = draws.pick((1, 2, 3, 4, 6, 12)) if draws.chance(0.6) else None
    body = (
        f"{dated(draws, seen)}  {record}\n{age}{sex}. c/o {chief} x {days}/7.\n"
        + draws.pick(("NKDA. " if not allergies else f"All.: {', '.join(allergies)}. ", f"Allergies: {', '.join(allergies) or 'none known'}. "))
        + draws.pick(("Mother had a stroke at 71. ", "Non-smoker. ", "Father T2DM. ", "Lives alone. "))
        + f"\nO/E: BP {upper}/{lower}, HR {pulse}, T {warmth / 10} C"
        + (f", SpO2 {saturation}% RA" if saturation else "")
        + draws.pick((". Chest clear.", ". Abdo soft.", ". No oedema.", ". Looks well."))
        + f"\nMeds: {'; '.join(written)}\nPlan: bloods, "
        + (f"r/v {weeks}/52" if weeks else "r/v PRN")
        + f"\nDr {doctor}"
    )  # fmt: skip
    drug = form.record(drug=form.text(), dose_mg=form.whole(), times_per_day=form.whole())
    vital = {
        "systolic": upper,
        "diastolic": lower,
        "pulse": pulse,
        "temperature_c": warmth / 10,
        "oxygen_percent": saturation,
    }
    vital_form = form.record(
        systolic=form.whole(), diastolic=form.whole(), pulse=form.whole(), temperature_c=form.number(),
        oxygen_percent=form.missing(form.whole()),
    )  # fmt: skip
    return document(
        "clinical note", body,
        ("record_number", form.text("the digits alone"), record.removeprefix("MRN ")),
        ("seen_on", form.day(), seen.isoformat()),
        ("age", form.whole("in years"), age),
        ("sex", form.choice("female", "male"), {"M": "male", "F": "female"}[sex]),
        ("complaint", form.text("as written"), chief),
        ("duration_days", form.whole(), days),
        ("allergies", form.many(form.text(), "empty if none is known"), allergies),
        ("vital_signs", vital_form, vital),
        ("medication", form.many(drug, "what the patient goes on taking"), taken),
        ("review_in_weeks", form.missing(form.whole()), weeks),
    )  # fmt: skip


def laboratory(draws: Draws) -> Document:
    """A laboratory's report."""
    taken, sample = day(draws, 2022), code(draws, draws.pick(("S-", "L", "24-")), 6)
    reported = taken + timedelta(days=draws.between(0, 3))
    results: list[dict[str, Any]] = []
    rows = [("Analyte", "Result", "Unit", "Reference", "Flag")]
    for name, unit, low, high, places in draws.some(_ANALYTES, draws.between(4, 7)):
        value = draws.between(max(1, low - (high - low) // 3), high + (high - low) // 3)
        flag = "low" if value < low else "high" if value > high else "normal"
        scale = 10**places
        results.append({"analyte": name, "value": value / scale if places else value, "unit": unit, "flag": flag})
        shown = [f"{each / scale:.{places}f}" for each in (value, low, high)]
        rows.append((name, shown[0], unit, f"{shown[1]} - {shown[2]}", {"low": "L", "high": "H"}.get(flag, "")))
    void = draws.pick([each for each in _ANALYTES if each[0] not in {result["analyte"] for result in results}])
    doctor, patient = people(draws, 2)
    fasting = draws.pick((True, False, None))
    rows.insert(draws.between(1, len(rows)), (void[0], "haemolysed", "", "", ""))
    remark = {True: "Patient fasting.", False: "Patient not fasting.", None: "Fasting status unknown."}[fasting]
    body = (
        f"CLINICAL LABORATORY   Specimen {sample}\nPatient {patient}   Ordered by Dr {doctor}\n"
        f"Collected {dated(draws, taken)}   Reported {dated(draws, reported)}\n\n{table(rows)}\n\n{remark} "
        f"{void[0]} could not be measured; please send a new specimen."
    )
    item = form.record(
        analyte=form.text("as written"), value=form.number(), unit=form.text("as written"), flag=form.choice("low", "normal", "high")
    )  # fmt: skip
    return document(
        "laboratory report", body,
        ("specimen", form.text(), sample),
        ("patient", form.text(), patient),
        ("ordered_by", form.text("name without title"), doctor),
        ("collected", form.day(), taken.isoformat()),
        ("reported", form.day(), reported.isoformat()),
        ("results", form.many(item, "what was measured"), results),
        ("not_measured", form.many(form.text()), [void[0]]),
        ("fasting", form.missing(form.truth()), fasting),
    )  # fmt: skip


def server_log(draws: Draws) -> Document:
    """A stretch of a server's log."""
    when, host = day(draws, 2024), f"{draws.pick(_HOSTS)}-{draws.between(1, 24):02}"
    second = draws.between(0, 80000)
    version = f"{draws.between(1, 6)}.{draws.between(0, 40)}.{draws.between(0, 9)}"
    lines, failed = [], []
    for _ in range(draws.between(6, 11)):
        second += draws.between(1, 400)
        stamp = f"{when.isoformat()}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        path, request, took = draws.pick(_PATHS), f"{draws.below(16**8):08x}", draws.between(3, 2900)
        status = draws.pick((200, 200, 200, 201, 304, 404, 500, 502, 503))
        level = "ERROR" if status >= 500 else "WARN" if status == 404 else "INFO"
        method = draws.pick(("GET", "POST", "PUT"))
        lines.append(f"{stamp} {level:<5} {host} req={request} {method} {path} status={status} ms={took}")
        if status >= 500:
            failed.append({"request": request, "path": path, "status": status, "ms": took})
    user = code(draws, "u", 4) if draws.chance(0.5) else None
    start = (
        f"{when.isoformat()}T00:00:01Z INFO  {host} started version={version} errors_last_run={draws.between(1, 30)}"
    )
    lines.insert(0, start)
    if user:
        at = draws.between(2, len(lines))
        lines.insert(at, f"{lines[at - 1][:20]} WARN  {host} account locked user={user}")
    item = form.record(request=form.text("its id"), path=form.text(), status=form.whole(), ms=form.whole())
    return document(
        "server log", "\n".join(lines),
        ("host", form.text(), host),
        ("version", form.text(), version),
        ("date", form.day(), when.isoformat()),
        ("failed_requests", form.many(item, "those with a status of 500 or above"), failed),
        ("warnings", form.whole("number of lines of level WARN"), sum(" WARN " in line for line in lines)),
        ("locked_user", form.missing(form.text()), user),
    )  # fmt: skip


def lease(draws: Draws) -> Document:
    """Clauses of a lease."""
    landlord, tenant, guarantor = people(draws, 3)
    begins, (town, _), street, use = day(draws, 2021), draws.pick(TOWNS), address(draws), draws.pick(_USES)
    years, rent, area = draws.between(2, 12), draws.between(8, 64) * 100, draws.between(32, 480)
    months, notice, deposit = draws.between(1, 3), draws.pick((3, 6, 9, 12)), draws.between(2, 4)
    secured, payday = draws.chance(0.5), draws.between(1, 15)
    pets = draws.pick((True, False, None))
    clauses = [
        f'{landlord} (hereinafter "the Lessor") lets to {tenant} ("the Lessee") the premises at {street}, {town}, measuring '
        f"{area} square metres, for use as {use} and for no other purpose.",
        f"The term commences on {dated(draws, begins, odd=True)} and shall continue for {spelt(years)} ({years}) years. "
        f"Thereafter either Party may determine this Lease upon {spelt(notice)} months' notice in writing.",
        f"The Lessee shall pay a monthly rent of {spelt(rent)} euros (EUR {amount(rent * 100, draws.pick(('comma', 'dot')))}), "
        f"in advance, not later than the {ordinal(payday)} day of each month, save that no rent is due for the first "
        f"{spelt(months)} month(s) of the term.",
        f"Upon signature the Lessee lodges a deposit of {spelt(deposit)} monthly rents.",
    ]
    if secured:
        clauses.append(f"{guarantor} stands surety for the obligations of the Lessee hereunder.")
    if pets is not None:
        clauses.append(f"Animals {'may' if pets else 'shall not'} be kept upon the premises.")
    mark = draws.pick(("§ {}  ", "{}. ", "Clause {}. ", "({}) "))
    body = "\n\n".join(mark.format(at) + clause for at, clause in enumerate(clauses, 1))
    return document(
        "lease", body,
        ("lessor", form.text(), landlord),
        ("lessee", form.text(), tenant),
        ("guarantor", form.missing(form.text()), guarantor if secured else None),
        ("premises", form.record(street=form.text("with the house number"), town=form.text(), square_metres=form.whole()),
         {"street": street, "town": town, "square_metres": area}),
        ("begins", form.day(), begins.isoformat()),
        ("term_years", form.whole(), years),
        ("notice_months", form.whole(), notice),
        ("monthly_rent_eur", form.number(), rent),
        ("rent_free_months", form.whole(), months),
        ("deposit_eur", form.number("as an amount"), deposit * rent),
        ("animals_allowed", form.missing(form.truth()), pets),
    )  # fmt: skip


def weather(draws: Draws) -> Document:
    """Weather reports of airfields, in the code of aviation."""
    hour, day_of_month = draws.between(0, 23), draws.between(1, 28)
    reports: list[dict[str, Any]] = []
    lines = []
    for station in draws.some(_STATIONS, draws.between(2, 4)):
        minute, heading, knots = draws.pick((0, 20, 30, 50)), draws.between(1, 36) * 10, draws.between(3, 28)
        gust = knots + draws.between(10, 18) if draws.chance(0.4) else None
        warmth = draws.between(-12, 31)
        dew, pressure = warmth - draws.between(1, 9), draws.between(978, 1041)
        seen = draws.pick((800, 1500, 2500, 4000, 6000, 8000))
        cloud = draws.pick(("FEW", "SCT", "BKN", "OVC"))
        base = draws.between(3, 45)
        lines.append(
            f"METAR {station} {day_of_month:02}{hour:02}{minute:02}Z {heading:03}{knots:02}"
            f"{f'G{gust:02}' if gust else ''}KT {seen:04} {cloud}{base:03} {_below_zero(warmth)}/{_below_zero(dew)} Q{pressure:04}="
        )
        reports.append(
            {"station": station, "time_utc": f"{hour:02}:{minute:02}", "wind_degrees": heading, "wind_knots": knots,
             "gust_knots": gust, "visibility_m": seen, "cloud_base_ft": base * 100, "temperature_c": warmth,
             "dew_point_c": dew, "pressure_hpa": pressure}
        )  # fmt: skip
    head = draws.pick(("", f"SAXX{draws.between(10, 99)} LOWM {day_of_month:02}{hour:02}55\n", "Latest reports:\n"))
    item = form.record(
        station=form.text("its four letters"), time_utc=form.clock(), wind_degrees=form.whole(), wind_knots=form.whole(),
        gust_knots=form.missing(form.whole()), visibility_m=form.whole(), cloud_base_ft=form.whole("in feet"),
        temperature_c=form.whole(), dew_point_c=form.whole(), pressure_hpa=form.whole(),
    )  # fmt: skip
    return document(
        "weather report", head + "\n".join(lines),
        ("day_of_month", form.whole(), day_of_month),
        ("reports", form.many(item), reports),
    )  # fmt: skip


def _below_zero(degrees: int) -> str:
    return f"{'M' if degrees < 0 else ''}{abs(degrees):02}"


def statement(draws: Draws) -> Document:
    """A bank statement, in the format that banks exchange."""
    begins, account = day(draws, 2022), code(draws, "DE", 9) + code(draws, "", 9)
    opening, number = draws.between(20000, 900000), draws.between(1, 366)
    closing = opening
    entries: list[dict[str, Any]] = []
    lines = []
    booked = begins
    for payee in draws.some(_PAYEES, draws.between(3, 6)):
        booked += timedelta(days=draws.between(0, 2))
        cents, out = draws.between(500, 90000), draws.chance(0.7)
        closing += -cents if out else cents
        lines.append(
            f":61:{booked:%y%m%d}{booked:%m%d}{'D' if out else 'C'}{amount(cents, 'dot').replace('.', '')}NTRFNONREF"
        )
        lines.append(f":86:{payee} {code(draws, 'ref ', 6)}")
        entries.append({"date": booked.isoformat(), "party": payee, "amount": (-cents if out else cents) / 100})
    body = "\n".join(
        [":20:STARTUMS", f":25:{account}", f":28C:{number:05}/001", f":60F:{_balance(opening, begins)}", *lines,
         f":62F:{_balance(closing, booked)}", "-"]
    )  # fmt: skip
    item = form.record(
        date=form.day(), party=form.text("without the reference"), amount=form.number("negative if it is a debit")
    )
    return document(
        "bank statement", body,
        ("account", form.text(), account),
        ("statement_number", form.whole(), number),
        ("currency", form.text(), "EUR"),
        ("opening_balance", form.number(), opening / 100),
        ("closing_balance", form.number("negative if it is a debit"), closing / 100),
        ("entries", form.many(item), entries),
    )  # fmt: skip


def _balance(cents: int, day: date) -> str:
    return f"{'D' if cents < 0 else 'C'}{day:%y%m%d}EUR{amount(abs(cents), 'dot').replace('.', '')}"


GENRES: tuple[Genre, ...] = (clinical_note, laboratory, server_log, lease, weather, statement)
