"""Opens a pipeline and predicts with its network, or writes one, as diffusersPeer.test.ts beside it asks."""

import sys

import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

command, folder, values = sys.argv[1:]

if command == "open":
    pipeline = DDPMPipeline.from_pretrained(folder)
    given = load_file(values)
    with torch.no_grad():
        output = pipeline.unet(given["sample"], given["timestep"]).sample
    scheduler = pipeline.scheduler
    # It draws a sample, so scheduler and network fit each other.
    pipeline(num_inference_steps=2, output_type="np", generator=torch.Generator().manual_seed(0))
    noisy = scheduler.add_noise(given["sample"], given["noise"], given["timestep"])
    save_file({"output": output, "noisy": noisy, "alphas": scheduler.alphas_cumprod}, values + ".out")
else:
    torch.manual_seed(1)
    blocks = {"down_block_types": ("DownBlock2D", "AttnDownBlock2D"), "up_block_types": ("AttnUpBlock2D", "UpBlock2D")}
    network = UNet2DModel(
        sample_size=16, in_channels=3, out_channels=3, block_out_channels=(8, 16), norm_num_groups=4, **blocks
    )
    diffusion = {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"}
    scheduler = DDPMScheduler(num_train_timesteps=100, **diffusion)
    DDPMPipeline(network, scheduler).save_pretrained(folder)
    sample, timestep = torch.randn(2, 3, 16, 16), torch.tensor([3, 77])
    with torch.no_grad():
        output = network(sample, timestep).sample
    save_file({"sample": sample, "timestep": timestep, "output": output}, values)
