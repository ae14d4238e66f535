"""How merchants say no."""

from __future__ import annotations

from app.core.kit.errors import DomainError, Kind


class StoreUnknown(DomainError):
    """No such store, or none that this person may see."""

    code = "store_unknown"
    kind = Kind.NOT_FOUND


class SignInRefused(DomainError):
    """Unknown e-mail or wrong password: one answer for both."""

    code = "sign_in_refused"
    kind = Kind.FORBIDDEN


class NotAllowed(DomainError):
    """This person's role does not do that."""

    code = "not_allowed"
    kind = Kind.FORBIDDEN


class StoreTaken(DomainError):
    """Somebody else has connected this store here; they can invite this person."""

    code = "store_taken"
    kind = Kind.CONFLICT


class EmailInvalid(DomainError):
    """No e-mail address."""

    code = "email_invalid"


class PasswordTooShort(DomainError):
    """Fewer than twelve characters."""

    code = "password_too_short"


class AddressIncomplete(DomainError):
    """A return address needs a name, a street, a city and a country."""

    code = "address_incomplete"


class SettingInvalid(DomainError):
    """A setting that a store cannot have (a colour that is none, a link that is no https address)."""

    code = "setting_invalid"
