"""The attention U-Net `unet_att_d` in PyTorch: the network that the benchmark compares with.

State dict names, shapes and results are those of the reference implementation whose values stand in
`test/fixtures/unet`; `check_fixtures.py` compares the two.
"""

import torch
from torch import nn

UPMODES = ("fixed", "deconv_1", "deconv_2", "DUC")
DROPOUTS = {"spatial": nn.Dropout2d, "traditional": nn.Dropout}


def timestep_embedding(t, dim):
    """Sines, then cosines, of `t` times the frequencies 10000^(-i/half); a zero column if `dim` is odd."""
    half = dim // 2
    frequencies = 10000.0 ** (-torch.arange(half, dtype=torch.float32, device=t.device) / max(half, 1))
    angles = t.to(torch.float32)[:, None] * frequencies[None, :]
    embedding = torch.cat([angles.sin(), angles.cos()], dim=1)
    return nn.functional.pad(embedding, (0, dim % 2))


class ConvBlock(nn.Module):
    """`num` times 3x3 convolution without bias, batch norm, ReLU; then dropout, if there are two or more."""

    def __init__(self, in_channels, out_channels, num, dropout_rate, dropout_type):
        super().__init__()
        parts = []
        for index in range(num):
            channels = in_channels if index == 0 else out_channels
            parts += [
                nn.Conv2d(channels, out_channels, 3, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(inplace=True),
            ]
        if num > 1 and dropout_rate > 0:
            parts.append(DROPOUTS[dropout_type](dropout_rate))
        self.block = nn.Sequential(*parts)

    def forward(self, x):
        return self.block(x)


class UpconvBlock(nn.Module):
    """Doubles height and width and changes the channel count."""

    def __init__(self, in_channels, out_channels, upmode):
        super().__init__()
        if upmode == "fixed":
            parts = [
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
                nn.BatchNorm2d(in_channels),
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
            ]
        elif upmode == "deconv_1":
            parts = [nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)]
        elif upmode == "deconv_2":
            parts = [nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1)]
        else:
            parts = [
                nn.Conv2d(in_channels, 4 * out_channels, 3, padding=1),
                nn.BatchNorm2d(4 * out_channels),
                nn.ReLU(inplace=True),
                nn.PixelShuffle(2),
            ]
        self.block = nn.Sequential(*parts)

    def forward(self, x):
        return self.block(x)


class AttentionGate(nn.Module):
    """Weights the encoder's `x` by a map from 0 to 1 computed from it and the upsampled `g`."""

    def __init__(self, channels_g, channels_x, channels_between):
        super().__init__()
        self.W_g = self._project(channels_g, channels_between)
        self.W_x = self._project(channels_x, channels_between)
        self.psi = self._project(channels_between, 1)

    @staticmethod
    def _project(in_channels, out_channels):
        return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1), nn.BatchNorm2d(out_channels))

    def forward(self, g, x):
        return x * torch.sigmoid(self.psi(torch.relu(self.W_g(g) + self.W_x(x))))


class UnetAttD(nn.Module):
    def __init__(
        self,
        in_channels,
        filter_config=(64, 256, 512, 1024, 2048, 4096),
        block_num=(2, 2, 2, 2, 2, 2),
        dropout_rate=0.0,
        dropout_type="traditional",
        upmode="deconv_2",
        use_skipAtt=False,
        time_embedding_dim=128,
    ):
        super().__init__()
        if upmode not in UPMODES or dropout_type not in DROPOUTS:
            raise ValueError(f"unet_att_d: unknown upmode {upmode!r} or dropout_type {dropout_type!r}")
        if len(filter_config) != 6 or len(block_num) != 6:
            raise ValueError("unet_att_d: filter_config and block_num need six entries")
        filters = list(filter_config)
        self.time_embedding_dim = time_embedding_dim
        self.use_skipAtt = use_skipAtt

        def block(channels, out_channels, num):
            return ConvBlock(channels, out_channels, num, dropout_rate, dropout_type)

        for level in range(6):
            channels = in_channels if level == 0 else filters[level - 1]
            self.add_module(f"encoder_{level + 1}", block(channels, filters[level], block_num[level]))
        self.pool = nn.MaxPool2d(2)
        self.time_mlp = nn.Sequential(nn.Linear(time_embedding_dim, filters[5]), nn.ReLU())
        for step in range(1, 6):
            width = filters[5 - step]
            below = filters[4 - step] if step < 5 else filters[0] // 2
            self.add_module(f"decoder_{step}", UpconvBlock(filters[6 - step], width, upmode))
            if use_skipAtt:
                self.add_module(f"Att{step}", AttentionGate(width, width, below))
            self.add_module(f"conv{step}", block(2 * width, width, block_num[5 - step]))
        self.output_conv = nn.Conv2d(filters[0], in_channels, 1)

    def forward(self, x, t):
        skips = []
        for level in range(1, 7):
            x = getattr(self, f"encoder_{level}")(x if level == 1 else self.pool(x))
            skips.append(x)
        x = x + self.time_mlp(timestep_embedding(t, self.time_embedding_dim))[:, :, None, None]
        for step in range(1, 6):
            up = getattr(self, f"decoder_{step}")(x)
            skip = skips[5 - step]
            if self.use_skipAtt:
                skip = getattr(self, f"Att{step}")(up, skip)
            x = getattr(self, f"conv{step}")(torch.cat([skip, up], dim=1))
        return self.output_conv(x)
