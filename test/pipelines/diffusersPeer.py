"""Opens a pipeline with adapters, or makes one of Stable Diffusion XL, as diffusersPeer.test.ts beside it asks."""

import sys

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from peft import LoraConfig, inject_adapter_in_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

command, folder, other, values = sys.argv[1:]

if command == "open":
    # What the network and the text encoder make of inputs with the adapters that lie in the other folder.
    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    pipeline.load_lora_weights(other)
    given = load_file(values)
    with torch.no_grad():
        output = pipeline.unet(given["sample"], given["timestep"], given["encoder_hidden_states"]).sample
        embeds = pipeline.text_encoder(given["input_ids"].long())[0]
    save_file({"output": output, "embeds": embeds}, values + ".out")
else:
    # A tiny Stable Diffusion XL with the tokenizer of the other folder, what it makes of texts, and adapters of it.
    torch.manual_seed(1)
    tokenizer = CLIPTokenizer.from_pretrained(other)
    tokenizer_2 = CLIPTokenizer.from_pretrained(other, pad_token="!")
    text = {"vocab_size": 1000, "max_position_embeddings": 77, "bos_token_id": 998, "eos_token_id": 999}
    first = CLIPTextConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, projection_dim=16, **text
    )
    second = CLIPTextConfig(
        hidden_size=24,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=3,
        hidden_act="gelu",
        projection_dim=20,
        **text,
    )
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2),
        attention_head_dim=(1, 2),
        use_linear_projection=True,
        cross_attention_dim=40,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 20,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=4,
        scaling_factor=0.13025,
    )
    networks = [unet, vae, CLIPTextModel(first), CLIPTextModelWithProjection(second)]
    for network in networks:
        # Nothing is left at zero or one, so that each weight has a part in the result.
        for parameter in network.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    unet, vae, text_encoder, text_encoder_2 = networks
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1
    )
    pipeline = StableDiffusionXLPipeline(
        vae, text_encoder, text_encoder_2, tokenizer, tokenizer_2, unet, scheduler, add_watermarker=False
    )
    pipeline.save_pretrained(folder)
    prompts = ["a satellite image of a harbor", "dense forest, 10 m resolution"]
    start = torch.randn(2, 4, 8, 8)
    found = {"start": start}

    def run(name, negative):
        steps = []

        def keep(_pipeline, _step, _t, kwargs):
            steps.append(kwargs["latents"].clone())
            return {}

        pipeline(
            prompt=prompts,
            negative_prompt=negative,
            latents=start.clone(),
            num_inference_steps=4,
            guidance_scale=5.0,
            output_type="latent",
            callback_on_step_end=keep,
        )
        found[name] = torch.stack(steps)

    run("zeros", None)
    run("negative", ["clouds, blurry", ""])
    targets = ["to_q", "to_v", "ff.net.2", "conv1"]
    unet.add_adapter(LoraConfig(r=3, lora_alpha=6, target_modules=targets, init_lora_weights=False))
    texts = {}
    for name, encoder in (("text_encoder", text_encoder), ("text_encoder_2", text_encoder_2)):
        config = LoraConfig(r=2, lora_alpha=1, target_modules=["q_proj", "fc1"], init_lora_weights=False)
        inject_adapter_in_model(config, encoder)
        encoder.peft_config = {"default": config}
        texts[name + "_lora_layers"] = get_peft_model_state_dict(encoder)
        texts[name + "_lora_adapter_metadata"] = config.to_dict()
    StableDiffusionXLPipeline.save_lora_weights(
        folder,
        unet_lora_layers=get_peft_model_state_dict(unet),
        unet_lora_adapter_metadata=unet.peft_config["default"].to_dict(),
        **texts,
    )
    run("lora", None)
    save_file({name: tensor.contiguous() for name, tensor in found.items()}, values)
