// Package flash puts an image on an SD card for the Raspberry Pi 3B: as a file
// with partition table and FAT file system, which any tool can write to a card;
// onto a card directly; or as files onto a card's boot partition.
//
// What the board's firmware reads is described in the Raspberry Pi
// documentation, "config.txt" and "Boot folder contents". The firmware itself
// is not Yolk's to give away: it comes from a folder that the user names.
package flash
