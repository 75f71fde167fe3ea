package efi

import "unsafe"

// systemTable is EFI_SYSTEM_TABLE (4.3.1), as far as it is used. Functions are addresses,
// for call.
type systemTable struct {
	_      [64]byte // header, firmware's name, input
	conOut *textOutput
	_      [24]byte // standard error, runtime services
	boot   *bootServices
	tables uint64        // how many there are
	table  *vendorTables // of them
}

// textOutput is EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL (12.4.1).
type textOutput struct{ reset, outputString uintptr }

// bootServices is EFI_BOOT_SERVICES (4.4.1).
type bootServices struct {
	_                [40]byte // header, priority
	allocatePages    uintptr
	_                uintptr
	getMemoryMap     uintptr
	_                [88]byte
	handleProtocol   uintptr
	_                [56]byte
	exit             uintptr
	_                uintptr
	exitBootServices uintptr
}

var (
	_ [64]byte  = [unsafe.Offsetof(systemTable{}.conOut)]byte{}
	_ [96]byte  = [unsafe.Offsetof(systemTable{}.boot)]byte{}
	_ [40]byte  = [unsafe.Offsetof(bootServices{}.allocatePages)]byte{}
	_ [152]byte = [unsafe.Offsetof(bootServices{}.handleProtocol)]byte{}
	_ [216]byte = [unsafe.Offsetof(bootServices{}.exit)]byte{}
	_ [232]byte = [unsafe.Offsetof(bootServices{}.exitBootServices)]byte{}
)

// loadedImage is EFI_LOADED_IMAGE_PROTOCOL (9.1.1).
type loadedImage struct {
	_    [64]byte
	base uintptr
	size uint64
}

// guid is EFI_GUID, as two words of a little-endian machine.
type guid struct{ low, high uint64 }

// Constants are no variables: those would be read relative to where they are linked.
const (
	loadedImageLow, loadedImageHigh = 0x11d295625b1b31a1, 0x3b7269c9a0003f8e
	acpiLow, acpiHigh               = 0x11d3e4f18868e871, 0x81883cc7800022bc // EFI_ACPI_20_TABLE_GUID
	treeLow, treeHigh               = 0x41a5f19cb1b621d5, 0xe0aa692c15d90b83 // EFI_DTB_TABLE_GUID
)

// vendorTables are EFI_CONFIGURATION_TABLEs (4.6).
type vendorTables [1 << 10]struct {
	guid
	table uintptr
}

// find returns a table's address, or 0.
func (s *systemTable) find(g guid) uintptr {
	for i := uint64(0); i < s.tables && i < uint64(len(s.table)); i++ {
		if t := &s.table[i]; t.guid == g {
			return t.table
		}
	}
	return 0
}

// descriptor is EFI_MEMORY_DESCRIPTOR (7.2.3). Firmware's may be longer.
type descriptor struct {
	kind, _      uint32
	start, _     uint64
	pages, flags uint64
}

// Kinds of memory (7.2.1). Those that are RAM when the services have ended are two ranges
// and conventional memory.
const (
	loaderCode   = 1
	servicesData = 4
	runtimeCode  = 5 // of services that an operating system may call
	runtimeData  = 6
	conventional = 7
	acpiTables   = 9
	sleepData    = 10 // ACPI's NVS
)

const pageSize = 4096
