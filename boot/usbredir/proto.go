package usbredir

import "encoding/binary"

var le = binary.LittleEndian

// kind is a packet's type.
type kind uint32

const (
	hello               kind = 0
	deviceConnect       kind = 1
	deviceDisconnect    kind = 2
	reset               kind = 3
	interfaceInfo       kind = 4
	endpointInfo        kind = 5
	setConfiguration    kind = 6
	getConfiguration    kind = 7
	configurationStatus kind = 8
	setAlternate        kind = 9
	getAlternate        kind = 10
	alternateStatus     kind = 11
	startInterrupt      kind = 15
	stopInterrupt       kind = 16
	interruptStatus     kind = 17
	cancelData          kind = 21
	controlData         kind = 100
	bulkData            kind = 101
	interruptData       kind = 103
	maxPacket                = 1 << 20 // bytes of one, more than any transfer
	helloBytes               = 64      // of the version; capabilities follow
	controlHeader            = 10
	bulkHeader               = 8
	bulkHeader32             = 10 // with capability 32bits_bulk_length
	interruptHeader          = 4
	endpoints                = 32 // of a device: 16 numbers, OUT and then IN
	noEndpoint               = 255
)

// Capabilities, bits of the word behind a hello's version.
const (
	capConnectVersion = 1 << 1
	capMaxPacket      = 1 << 4
	cap64BitIDs       = 1 << 5
	cap32BitBulk      = 1 << 6
	capabilities      = capConnectVersion | capMaxPacket | cap64BitIDs | cap32BitBulk
)

// Statuses of a transfer.
const (
	success = iota
	cancelled
	invalid
	ioError
	stall
	timeout
	babble
)

// least is how long a packet of a kind is at least, behind its own header.
var least = map[kind]int{
	hello: helloBytes, setConfiguration: 1, setAlternate: 2, getAlternate: 1, startInterrupt: 1, stopInterrupt: 1,
	controlData: controlHeader, bulkData: bulkHeader, interruptData: interruptHeader,
}
