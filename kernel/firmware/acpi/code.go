package acpi

// A Code says why tables cannot be used. It is a number, for kernel context, and
// an error as well, for the host.
type Code uint8

const (
	OK             Code = iota
	ErrAbsent           // there is no such table
	ErrAddress          // an address is not memory
	ErrRoot             // the root pointer's signature is wrong
	ErrRootSum          // a checksum of the root pointer is wrong
	ErrRootLength       // the root pointer's length is impossible
	ErrSignature        // a table has the wrong signature
	ErrLength           // a table's length is impossible
	ErrSum              // a table's checksum is wrong
	ErrEntry            // an entry is too short for what it says
	ErrEntryLength      // entries do not fill the table
)

// Error returns the reason.
func (c Code) Error() string {
	switch c {
	case OK:
		return "ACPI: no error"
	case ErrAbsent:
		return "ACPI: no such table"
	case ErrAddress:
		return "ACPI: a table is not where memory is"
	case ErrRoot:
		return "ACPI: no root pointer (RSD PTR) at this address"
	case ErrRootSum:
		return "ACPI: wrong checksum of the root pointer"
	case ErrRootLength:
		return "ACPI: impossible length of the root pointer"
	case ErrSignature:
		return "ACPI: another table than the one that should be here"
	case ErrLength:
		return "ACPI: impossible length of a table"
	case ErrSum:
		return "ACPI: wrong checksum of a table"
	case ErrEntry:
		return "ACPI: an entry of a table is too short"
	case ErrEntryLength:
		return "ACPI: the entries of a table do not fill it"
	}
	return "ACPI: unknown error"
}
