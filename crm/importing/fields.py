"""What a file can bring: the fields of customers and vehicles, and what people call them."""

from dataclasses import dataclass

# Other headers of a field, by the words in them; "CustFirstName", "FIRST_NAME" count as the same.
_NAMES = {
    "customer_id": "lanewise customer id",
    "first_name": "fname, first, given name, forename, first nm, f name",
    "last_name": "lname, last, surname, family name, last nm, l name",
    "full_name": (
        "name, customer, customer name, full nm, owner, owner name, buyer, buyer name, "
        "client, client name, contact, contact name, name1, cust nm"
    ),
    "phone": (
        "cell, mobile, cell phone, mobile phone, phone number, telephone, tel, phone 1, "
        "primary phone, main phone, contact phone, ph, cellphone, phone no"
    ),
    "phone_other": (
        "home phone, work phone, business phone, phone 2, alternate phone, alt phone, evening "
        "phone, day phone, secondary phone, home, other phone, night phone"
    ),
    "phone_extension": "ext, phone ext, phone extension, extn",
    "email": (
        "email, email address, e mail address, mail, email 1, primary email, home email, email addr"
    ),
    "preferred_contact_method": (
        "contact method, preferred contact, contact preference, contact pref, preferred method"
    ),
    "date_of_birth": "birth date, birthdate, birthday, dob, born",
    "street_address": (
        "address, address 1, street, addr, addr 1, address line 1, mailing address, home "
        "address, street 1"
    ),
    "city": "town, city name, home city",
    "state": "st, state code, province, home state",
    "zip_code": "zip, zipcode, postal code, postcode, postal, home zip, zip plus 4",
    "customer_since": (
        "since, created, date created, date added, first visit, created date, start date"
    ),
    "customer_type": "type, account type, cust type",
    "referral_source": "referral, source, lead source, referred by, how heard",
    "preferred_service_advisor": (
        "advisor, service advisor, preferred service advisor, sa, advisor name, service "
        "writer, writer"
    ),
    "receive_reminders": "reminders, receive reminders, service reminders, reminder opt in",
    "receive_promotions": (
        "promotions, receive promotions, marketing, marketing opt in, newsletter, opt in"
    ),
    "preferred_appointment_time": "preferred appointment time, preferred time, appointment time",
    "notes": "note, comments, comment, remarks, memo",
    "vehicle_id": "lanewise vehicle id",
    "vin": (
        "vin number, vin no, vehicle identification number, serial number, chassis number, "
        "vehicle vin, veh vin"
    ),
    "vin_exception_reason": "vin exception, reason for invalid vin",
    "license_plate": (
        "plate, license, license number, tag, tag number, license no, lic plate, plate "
        "number, licence plate, registration"
    ),
    "year": "model year, yr, vehicle year, veh year, my, veh yr",
    "make": "vehicle make, veh make, manufacturer, brand, mk",
    "model": "vehicle model, veh model, model name, carline, mdl",
    "trim": "trim level, series, vehicle trim, style",
    "engine": "motor, engine size, engine description",
    "color": "colour, exterior color, ext color, vehicle color, paint",
    "purchase_date": (
        "purchased, date purchased, sale date, sold date, delivery date, deal date, contract "
        "date, purchase dt, date of purchase, in service date"
    ),
    "purchased_from_us": "bought here, sold by us, our sale, bought from us",
    "current_mileage": (
        "current mileage, odometer, miles, odo, last mileage, odometer reading, mileage in, "
        "vehicle mileage"
    ),
    "last_service_date": (
        "last service, last ro date, last visit, last visit date, service date, ro date, last "
        "serviced, last svc date, last service dt"
    ),
    "last_service_mileage": (
        "last service miles, mileage at last service, last ro mileage, last svc mileage"
    ),
    "next_service_due_mileage": (
        "next service due mileage, next due mileage, next service mileage, due mileage, next "
        "service due"
    ),
    "status": "status, veh status",
}


@dataclass(frozen=True)
class Field:
    """One target of the column matching.

    `kind` names its parser in `crm.importing.parsing`, `size` the most characters (0: any),
    `column` the table's column (empty: the value is not stored as it stands).
    """

    name: str
    label: str
    record: str
    kind: str
    size: int = 0
    column: str = ""

    @property
    def names(self) -> list[str]:
        """Other headers that mean this field."""
        return [part for part in _NAMES.get(self.name, "").split(", ") if part]


def _stored(name: str, label: str, record: str, kind: str, size: int = 0) -> Field:
    return Field(name, label, record, kind, size, name)


FIELDS: tuple[Field, ...] = (
    Field("customer_id", "Customer ID", "customer", "id"),
    _stored("first_name", "First name", "customer", "name", 100),
    _stored("last_name", "Last name", "customer", "name", 100),
    Field("full_name", "Full name", "customer", "line", 201),
    _stored("phone", "Phone", "customer", "phone"),
    Field("phone_other", "Other phone (if Phone is empty)", "customer", "phone"),
    _stored("phone_extension", "Extension", "customer", "extension", 7),
    _stored("email", "E-mail", "customer", "email", 200),
    _stored("preferred_contact_method", "Preferred contact method", "customer", "contact_method"),
    _stored("date_of_birth", "Date of birth", "customer", "date"),
    _stored("street_address", "Street address", "customer", "place", 200),
    _stored("city", "City", "customer", "place", 100),
    _stored("state", "State", "customer", "state"),
    _stored("zip_code", "ZIP code", "customer", "zip"),
    _stored("customer_since", "Customer since", "customer", "date"),
    _stored("customer_type", "Customer type", "customer", "customer_type"),
    _stored("referral_source", "Referral source", "customer", "line", 100),
    _stored("preferred_service_advisor", "Preferred advisor", "customer", "advisor"),
    _stored("receive_reminders", "Receives reminders", "customer", "boolean"),
    _stored("receive_promotions", "Receives promotions", "customer", "boolean"),
    _stored("preferred_appointment_time", "Preferred time of day", "customer", "day_time"),
    _stored("notes", "Notes", "customer", "text", 20000),
    Field("vehicle_id", "Vehicle ID", "vehicle", "id"),
    _stored("vin", "VIN", "vehicle", "vin"),
    _stored("vin_exception_reason", "VIN exception reason", "vehicle", "line", 200),
    _stored("license_plate", "License plate", "vehicle", "plate"),
    _stored("year", "Year", "vehicle", "year"),
    _stored("make", "Make", "vehicle", "car", 50),
    _stored("model", "Model", "vehicle", "car", 50),
    _stored("trim", "Trim", "vehicle", "car", 50),
    _stored("engine", "Engine", "vehicle", "line", 100),
    _stored("color", "Color", "vehicle", "car", 50),
    _stored("purchase_date", "Purchase date", "vehicle", "date"),
    _stored("purchased_from_us", "Purchased from us", "vehicle", "boolean"),
    _stored("current_mileage", "Mileage", "vehicle", "mileage"),
    _stored("last_service_date", "Last service date", "vehicle", "date"),
    _stored("last_service_mileage", "Last service mileage", "vehicle", "mileage"),
    _stored("next_service_due_mileage", "Next service due (mileage)", "vehicle", "mileage"),
    _stored("status", "Vehicle status", "vehicle", "vehicle_status"),
)

BY_NAME = {field.name: field for field in FIELDS}
CUSTOMER_COLUMNS = tuple(f.column for f in FIELDS if f.record == "customer" and f.column)
VEHICLE_COLUMNS = tuple(f.column for f in FIELDS if f.record == "vehicle" and f.column)
LABELS = {field.name: field.label for field in FIELDS}
