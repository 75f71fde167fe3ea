package uart

// DefaultBaud is the rate of a console when nobody names one.
const DefaultBaud = 115200

// ParseConsole reads the value of the option console=, a port and perhaps a rate
// after a comma, in Linux's words or ours: ttyAMA0 or pl011, ttyS0 or miniuart,
// 115200n8. k is nil for other devices, such as tty1.
func ParseConsole(v []byte) (k *Kind, baud uint32) {
	name, rate := v, v[len(v):]
	for i, c := range v {
		if c == ',' {
			name, rate = v[:i], v[i+1:]
			break
		}
	}
	switch string(name) {
	case "pl011", "ttyAMA0", "ttyAMA1":
		k = &PL011
	case "miniuart", "ttyS0", "ttyS1":
		k = &Mini
	}
	return k, ParseRate(rate)
}

// ParseRate reads the number that v begins with, as in "115200n8"; anything else,
// or a rate that no port has, is DefaultBaud.
func ParseRate(v []byte) (baud uint32) {
	const slowest, fastest = 300, 4_000_000
	for _, c := range v {
		if c < '0' || c > '9' || baud > fastest {
			break
		}
		baud = baud*10 + uint32(c-'0')
	}
	if baud < slowest || baud > fastest {
		return DefaultBaud
	}
	return baud
}
