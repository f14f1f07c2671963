"""The networks that are measured, by the names of their files: (library, name in it)."""

import torch

networks = {
    "resnet50": ("torchvision", "resnet50"),
    "vgg16": ("torchvision", "vgg16"),
    "convnext-tiny": ("torchvision", "convnext_tiny"),
    "efficientnet-lite0": ("timm", "tf_efficientnet_lite0"),
    "mobilenetv3-small": ("torchvision", "mobilenet_v3_small"),
    "resnet18": ("torchvision", "resnet18"),
    "densenet121": ("torchvision", "densenet121"),
    "mobilenetv2": ("torchvision", "mobilenet_v2"),
    "vit-small": ("timm", "vit_small_patch16_224"),
    "vit-tiny": ("timm", "vit_tiny_patch16_224"),
}


def make_network(name: str) -> torch.nn.Module:
    """The network with random weights, the same every time, for inference."""
    library, called = networks[name]
    torch.manual_seed(0)
    if library == "timm":
        import timm

        return timm.create_model(called, pretrained=False).eval()
    import torchvision

    return torchvision.models.get_model(called, weights=None).eval()
