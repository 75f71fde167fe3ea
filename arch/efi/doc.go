// Package efi starts an image that UEFI firmware has loaded as an application
// (boot/image.WritePE): from a disk, without another boot loader.
//
// Firmware puts the image wherever it likes. The application finds out what memory
// there is, ends the firmware's services, moves the image to where it belongs, and goes on
// where any other loader enters it: on x86-64 as one that speaks PVH, on arm64 as one of
// Linux kernels. An image has this package if it is made for a disk, and no other.
//
// It runs before the move, at addresses that it is not linked for. Go's compiler refers to
// code and constants relative to the program counter, but function values, tables of a
// switch and initialised pointers are absolute: there are none here. BSS is not there
// either. Like all of arch it allocates nothing; its g is a fake one.
//
// Sources: UEFI specification 2.10, sections 2.3.4 and 2.3.6 (how an application is
// called), 4.3 to 4.6 (tables), 7.2 (memory), 7.4.6 (ExitBootServices), 9.1 (loaded
// image); Xen docs/misc/pvh.pandoc; Linux Documentation/arch/arm64/booting.rst.
package efi
