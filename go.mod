module yolk

go 1.26.4

require (
	github.com/usbarmory/tamago v1.26.6
	gvisor.dev/gvisor v0.0.0-20260905035102-160fafc42237
	github.com/spf13/cobra v1.10.2
	github.com/insomniacslk/dhcp v0.0.0-20260901064844-234b97448fae
)
